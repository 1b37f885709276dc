"""The WSDL as Axis 1.4 makes it of the service; V6 has the login in the call's context."""

from __future__ import annotations

from sandbox.x3.wire import ENCODING, NAMESPACE, OPERATIONS

_CONTEXT = ("codeLang", "poolAlias", "poolId", "requestConfig")
_CONTEXT_V6 = ("codeLang", "codeUser", "password", "poolAlias", "poolId", "requestConfig")
_TECHNICAL = (
    ("busy", "boolean"), ("changeLanguage", "boolean"), ("changeUserId", "boolean"), ("flushAdx", "boolean"),
    ("loadWebsDuration", "double"), ("nbDistributionCycle", "int"), ("poolDistribDuration", "double"),
    ("poolEntryIdx", "int"), ("poolExecDuration", "double"), ("poolRequestDuration", "double"),
    ("poolWaitDuration", "double"), ("processReport", "string"), ("processReportSize", "int"),
    ("reloadWebs", "boolean"), ("resumitAfterDBOpen", "boolean"), ("rowInDistribStack", "int"),
    ("totalDuration", "double"), ("traceRequest", "string"), ("traceRequestSize", "int"),
)  # fmt: skip
_PARTS = {
    "callContext": "wss:CAdxCallContext",
    "objectKeys": "wss:ArrayOfCAdxParamKeyValue",
    "listSize": "xsd:int",
    "lineKeys": "wss:ArrayOf_xsd_string",
}


def wsdl(address: str, version: int = 12) -> bytes:
    """The document, with `address` as the place to call."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<wsdl:definitions targetNamespace="{NAMESPACE}" xmlns:wss="{NAMESPACE}" xmlns:soapenc="{ENCODING}"'
        ' xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
        ' xmlns:wsdlsoap="http://schemas.xmlsoap.org/wsdl/soap/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"{_types(version)}\n"
        + "\n".join(_messages(name) for name in OPERATIONS)
        + '\n<wsdl:portType name="CAdxWebServiceXmlCC">\n'
        + "".join(_operation(name) for name in OPERATIONS)
        + "</wsdl:portType>"
        '<wsdl:binding name="CAdxWebServiceXmlCCSoapBinding" type="wss:CAdxWebServiceXmlCC">'
        '<wsdlsoap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>\n'
        + "".join(_binding(name) for name in OPERATIONS)
        + '</wsdl:binding><wsdl:service name="CAdxWebServiceXmlCCService">'
        '<wsdl:port binding="wss:CAdxWebServiceXmlCCSoapBinding" name="CAdxWebServiceXmlCC">'
        f'<wsdlsoap:address location="{address}"/></wsdl:port></wsdl:service></wsdl:definitions>'
    ).encode()


def _types(version: int) -> str:
    context = _CONTEXT if version >= 7 else _CONTEXT_V6
    technical = "".join(
        f'<element name="{name}"{_NIL if kind == "string" else ""} type="xsd:{kind}"/>'
        for name, kind in _TECHNICAL
    )
    result = (
        '<element name="messages" nillable="true" type="wss:ArrayOfCAdxMessage"/>'
        '<element name="resultXml" nillable="true" type="xsd:string"/>'
        '<element name="status" type="xsd:int"/>'
        '<element name="technicalInfos" nillable="true" type="wss:CAdxTechnicalInfos"/>'
    )
    return (
        f'<wsdl:types><schema targetNamespace="{NAMESPACE}" xmlns="http://www.w3.org/2001/XMLSchema">'
        f'<import namespace="{ENCODING}"/>'
        + _sequence("CAdxCallContext", _strings(*context))
        + _sequence("CAdxMessage", _strings("message", "type"))
        + _array("ArrayOfCAdxMessage", "wss:CAdxMessage")
        + _sequence("CAdxTechnicalInfos", technical)
        + _sequence("CAdxResultXml", result)
        + _sequence("CAdxParamKeyValue", _strings("key", "value"))
        + _array("ArrayOfCAdxParamKeyValue", "wss:CAdxParamKeyValue")
        + _array("ArrayOf_xsd_string", "xsd:string")
        + "</schema></wsdl:types>"
    )


_NIL = ' nillable="true"'


def _strings(*names: str) -> str:
    return "".join(f'<element name="{name}"{_NIL} type="xsd:string"/>' for name in names)


def _sequence(name: str, elements: str) -> str:
    return f'<complexType name="{name}"><sequence>{elements}</sequence></complexType>'


def _array(name: str, of: str) -> str:
    return (
        f'<complexType name="{name}"><complexContent><restriction base="soapenc:Array">'
        f'<attribute ref="soapenc:arrayType" wsdl:arrayType="{of}[]"/>'
        "</restriction></complexContent></complexType>"
    )


def _messages(name: str) -> str:
    parts = "".join(
        f'<wsdl:part name="{part}" type="{_PARTS.get(part, "xsd:string")}"/>'
        for part in ("callContext", "publicName", *OPERATIONS[name])
    )
    return (
        f'<wsdl:message name="{name}Request">{parts}</wsdl:message>\n'
        f'<wsdl:message name="{name}Response"><wsdl:part name="{name}Return" type="wss:CAdxResultXml"/>'
        "</wsdl:message>"
    )


def _operation(name: str) -> str:
    order = " ".join(("callContext", "publicName", *OPERATIONS[name]))
    return (
        f'<wsdl:operation name="{name}" parameterOrder="{order}">'
        f'<wsdl:input message="wss:{name}Request" name="{name}Request"/>'
        f'<wsdl:output message="wss:{name}Response" name="{name}Response"/></wsdl:operation>\n'
    )


def _binding(name: str) -> str:
    body = f'<wsdlsoap:body encodingStyle="{ENCODING}" namespace="{NAMESPACE}" use="encoded"/>'
    return (
        f'<wsdl:operation name="{name}"><wsdlsoap:operation soapAction=""/>'
        f'<wsdl:input name="{name}Request">{body}</wsdl:input>'
        f'<wsdl:output name="{name}Response">{body}</wsdl:output></wsdl:operation>\n'
    )
