"""The mappings of the office: customers in three systems, contacts of theirs in two."""

CUSTOMER = """
entity: customer
fields:
  name: {{type: text, required: true}}
  code: {{type: text}}
  city: {{type: text}}
  note: {{type: text}}
match:
  - exact: [code]
conflicts:
  default: {default}
  city: {city}
  note: ask
systems:
  odoo:
    object: T
    fields: {{name: name, code: code, city: city, note: note}}
  sage:
    object: T
    key: id
    fields:
      name: {{field: name, max: 12, upper: true}}
      code: code
      city: {{field: city, upper: true}}
      note: note
  list:
    object: T
    key: id
    on_delete: {on_delete}
    fields: {{name: name, code: code, city: city, note: note}}
"""

CONTACT = """
entity: contact
fields:
  name: {type: text, required: true}
  code: {type: text}
  customer: {type: ref, entity: customer}
match:
  - exact: [code]
conflicts: {default: latest}
systems:
  odoo:
    object: C
    fields: {name: name, code: code, customer: customer}
  list:
    object: C
    key: id
    fields: {name: name, code: code, customer: customer}
"""
