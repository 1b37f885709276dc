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

NEIGHBOURS = """
entity: customer
fields:
  name: {{type: text, required: true}}
  siret: {{type: siret}}
  phone: {{type: phone, region: FR}}
  email: {{type: email}}
  street: {{type: text}}
  zip: {{type: postcode}}
  city: {{type: text}}
  note: {{type: text}}
match:
  - exact: [siret]
  - exact: [email, name]
duplicates: {{precision: {precision}, links: {links}}}
conflicts:
  default: {default}
  city: {city}
  note: {note}
systems:
  odoo:
    object: T
    {in_odoo}
    fields: {{name: name, siret: siret, phone: phone, email: email, street: street, zip: zip, city: city,
              note: note}}
  sage:
    object: T
    key: id
    fields:
      name: {{field: name, max: 27, upper: true}}
      siret: siret
      phone: phone
      zip: zip
      city: {{field: city, upper: true}}
      note: note
  list:
    object: T
    key: id
    on_delete: {on_delete}
    {in_list}
    fields: {{name: name, siret: siret, phone: phone, email: email, street: street, zip: zip, city: city,
              note: note}}
"""
"""Customers who may be each other: what to do with a double is said for each system in a line of its own."""
