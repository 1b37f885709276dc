"""A small Sage X3 in this process: its Classic SOAP web services on loopback, a folder in memory.

Promises: the wire is that of Axis 1.4 as recorded (rpc/encoded, CDATA, ``href`` to ``multiRef`` with `type`
before `message`, nil whole numbers, a 401 without SOAP, a 500 in JSON without SOAPAction); a call is done
whole or not at all; every call and every write is counted; any call can be made to go wrong before or after
it is done. Never: any traffic but loopback, a file, stock, ledgers, rights beyond one login, a word of any
connector. ``python -m sandbox.x3 --customers 5000`` runs one in a process of its own.

    with serve() as x3:                     # threads of this process; port=0 takes a free one
        x3.url                              # http://127.0.0.1:…/soap-generic/syracuse/…/CAdxWebServiceXmlCC
        x3.wsdl_url, x3.host                # the WSDL (behind the login); its address names an internal host
        x3.login, x3.password               # Basic: WSUSER / sandbox (bearer too, where serve(token=…))
        x3.pool.alias, x3.pool.size         # WSPOOL, 4; .most at once, .overlaps: keys written twice at once
        x3.publications                     # {"BPC": "BPC", …}: by object BPC BPS ITM SIH BIC PAY

        x3.person.add("BPC", {"BCGCOD": "FR", "BPRNAM": "MAIRIE DE VIF", "CRY": "FR"},
                      [{"CODADR": "001", "BPACRY": "FR", "CTY": "VIF"}])    # "C00001"; grids by their columns
        x3.person.edit("BPC", "C00001", {"CRN": "21380545500012"})          # a grid given is replaced whole
        x3.person.delete("BPC", "C00001")
        with x3.person.lock("BPC", "C00001"): …   # « Fiche en cours de modification » to every write
        x3.person.add("ITM", {"ITMREF": "AUDIT", "TCLCOD": "SERV", "DES1AXX": "Audit"})
        x3.person.add("SIH", {"SALFCY": "FR011", "SIVTYP": "FAC", "INVDAT": "20260115", "BPCINV": "C00001"},
                      [{"ITMREF": "AUDIT", "QTY": 1, "GROPRI": 100, "VACITM1": "NOR"}])    # "FAC-2601-00001"
        x3.person.pay("FAC-2601-00001", 50)       # "REC-2601-00001"; REF and the line's VCRNUM: the invoice
        x3.person.post("FAC-2601-00001")          # validated: no change any more
        x3.person.see("SIH", "FAC-2601-00001").text("INVATI"), x3.person.list("SIH")
        x3.world.due("FAC-2601-00001")            # Decimal left to pay
        x3.world.codes["terms"]["90J"] = "…"      # tables of codes; an empty one lets anything through

        x3.calls["SIH", "save"], x3.writes["SIH", "save"]          # asked for, and done
        met = x3.fail(Gateway(504), "save", "SIH", applied=True)   # done, then 504; times=None: always
        x3.fail(Delay(2), "read"); x3.before.append(hook); x3.heal()
        x3.running = False; x3.moved.add("wsdl")  # « No Web services accepted »; 404 (or "call")
        x3.subprograms["YPING"] = function        # published for `run`: groups in, groups out

Options of `serve`: `version` 6 has V6's address and the login in callContext;
`publications={"BPC": "YWSBPC"}`; `groups={"SIH1_5": "SIH1_6"}` shifts block ids;
`custom={"BPC": {"YHUBREF": 60}}` adds text fields to the first group and to the list;
`listed={"BPC": ["UPDDATTIM"]}` adds columns to the list (any field of a group; UPDDAT, UPDDATTIM,
WW_MODSTAMP); `numbering={"SIH": "{SALFCY}{SIVTYP}{month}-{count:05d}"}`; `pool_size`; `clock`.
What the public record leaves open is an option too: `upserts` (a save of an existing key replaces it; else it
is refused), `unlisted` (a filter on a field that the list does not show is "ignored", or "refused"), `ranges`
(a filter may begin with ``>=``, ``>``, ``<=``, ``<``, ``<>``; else only ``*`` and equality).

Lists: BPC BPCNUM BPCNAM CRN CRY; BPS BPSNUM BPSNAM CRN CRY; ITM ITMREF DES1AXX TCLCOD EANCOD; SIH NUM SIVTYP
INVDAT BPCINV INVREF INVNOT INVATI; BIC NUM SIVTYP ACCDAT BPR BPRVCR AMTATI; PAY NUM ACCDAT BPAINV REF AMTCUR.
References of others (INVREF, BPRVCR, REF) need not be unique: X3 makes a second invoice without a word.
"""

from sandbox.x3.faults import (
    Broken,
    Cut,
    Delay,
    Gateway,
    Half,
    Html,
    LoginPage,
    Lost,
    NoServices,
    SoapFault,
)
from sandbox.x3.server import X3, Call, serve
from sandbox.x3.words import Refusal

__all__ = [
    "X3",
    "Broken",
    "Call",
    "Cut",
    "Delay",
    "Gateway",
    "Half",
    "Html",
    "LoginPage",
    "Lost",
    "NoServices",
    "Refusal",
    "SoapFault",
    "serve",
]
