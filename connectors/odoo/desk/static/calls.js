/* The caller's card in the agent's browser, and the click that dials. One file for every Odoo from 14 on: what
 * differs between them (how a message arrives, how a form opens) comes in through `connect`.
 *
 * Promises: whatever came from outside is put in as text, never read as markup; one card per call and tab;
 * what is older than it can ring is not shown.
 */
(function () {
    "use strict";

    var STALE = 45; // seconds: no telephone rings that long unseen, but a bus repeats what a page has missed
    var FORGOTTEN = 300; // seconds after which a card that nobody took away goes by itself
    var MOST = 4; // cards on the screen at once; the oldest answered one makes room
    var PATIENCE = 8; // seconds an order to dial may wait before the agent is told that nobody takes it
    var LINES = 6;

    var TEXTS = {
        en: {
            ringing: "Incoming call", answered: "On the line", stranger: "Unknown number", hidden: "Hidden number",
            open: "Open", close: "Close", create: "New contact", attach: "Add to a contact",
            search: "Name, e-mail or number of the contact", none: "No contact of that name.",
            several: "Several contacts have this number", secret: "A contact you may not see",
            last: "Last call", waiting: "To call back", full: "Every number of this contact is already filled in.",
            failed: "Odoo could not do it: ", calling: "Your telephone is about to ring: ",
            nobody: "Your call was not placed: the hub does not answer. Dial by hand, and tell your administrator.",
        },
        fr: {
            ringing: "Appel entrant", answered: "En communication", stranger: "Numéro inconnu", hidden: "Numéro masqué",
            open: "Ouvrir", close: "Fermer", create: "Nouveau contact", attach: "Ajouter à un contact",
            search: "Nom, e-mail ou numéro du contact", none: "Aucun contact de ce nom.",
            several: "Plusieurs contacts ont ce numéro", secret: "Un contact que vous ne pouvez pas voir",
            last: "Dernier appel", waiting: "À rappeler", full: "Tous les numéros de ce contact sont déjà remplis.",
            failed: "Odoo n'a pas pu le faire : ", calling: "Votre téléphone va sonner : ",
            nobody: "L'appel n'est pas parti : le hub ne répond pas. Composez à la main et prévenez l'administrateur.",
        },
    };

    var odoo = null; // how this Odoo opens a form and notifies
    var cards = new Map();
    var drift = 0; // seconds the server's clock is ahead of this one
    var dialAction = null;
    var tabs = window.BroadcastChannel ? new BroadcastChannel("hub_calls") : null;

    // ---- small things ------------------------------------------------------------------------------------

    function texts(lang) {
        return TEXTS[String(lang || "").slice(0, 2)] || TEXTS.en;
    }

    function element(name, className, text) {
        var made = document.createElement(name);
        made.className = className || "";
        if (text !== undefined && text !== null) {
            made.textContent = text;
        }
        return made;
    }

    function button(text, className, act) {
        var made = element("button", "hub_button " + className, text);
        made.type = "button";
        made.addEventListener("click", act);
        return made;
    }

    function now() {
        return Date.now() / 1000 + drift;
    }

    function locale(lang) {
        return String(lang || "en_US").split("@")[0].replace("_", "-");
    }

    /** A fact's value as people of that language write it. */
    function written(fact, lang) {
        var tag = locale(lang);
        if (fact.kind === "money" && fact.currency) {
            return new Intl.NumberFormat(tag, { style: "currency", currency: fact.currency }).format(fact.value);
        }
        if (fact.kind === "number" || fact.kind === "money") {
            return new Intl.NumberFormat(tag).format(fact.value);
        }
        if (fact.kind === "date") {
            return new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: "UTC" }).format(
                new Date(fact.value + "T00:00:00Z")
            );
        }
        if (fact.kind === "time") {
            var form = { dateStyle: "medium", timeStyle: "short" };
            return new Intl.DateTimeFormat(tag, form).format(new Date(fact.value));
        }
        return String(fact.value);
    }

    async function post(route, params) {
        var answer = await fetch(route, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", method: "call", id: 1, params: params }),
        });
        var date = Date.parse(answer.headers.get("Date"));
        if (date) {
            drift = date / 1000 - Date.now() / 1000;
        }
        var body = await answer.json();
        if (body.error) {
            throw new Error((body.error.data && body.error.data.message) || body.error.message);
        }
        return body.result;
    }

    function call(model, method, args, kwargs) {
        return post("/web/dataset/call_kw/" + model + "/" + method, {
            model: model, method: method, args: args, kwargs: kwargs || {},
        });
    }

    async function guarded(lang, act) {
        try {
            await act();
        } catch (error) {
            odoo.notify(texts(lang).failed + error.message, "danger");
        }
    }

    function form(model, id, context) {
        return odoo.open({
            type: "ir.actions.act_window", res_model: model, res_id: id || false, views: [[false, "form"]],
            view_mode: "form", target: "current", context: context || {},
        });
    }

    // ---- the card ----------------------------------------------------------------------------------------

    function place() {
        var found = document.querySelector(".o_hub_calls");
        if (!found) {
            found = element("div", "o_hub_calls");
            found.setAttribute("role", "alert");
            document.body.appendChild(found);
        }
        return found;
    }

    function remove(popup, everywhere) {
        var card = cards.get(popup);
        if (card) {
            clearTimeout(card.timer);
            card.node.remove();
            cards.delete(popup);
        }
        if (everywhere && tabs) {
            tabs.postMessage({ close: popup });
        }
    }

    function show(message) {
        if (now() - message.at > STALE) {
            return;
        }
        var before = cards.get(message.popup);
        if (message.part === "rest" && !before) {
            return; // closed or taken away meanwhile
        }
        var node = drawn(message);
        if (before) {
            clearTimeout(before.timer);
            before.node.replaceWith(node);
            cards.delete(message.popup);
        } else {
            node.classList.add("hub_new");
            place().appendChild(node);
        }
        var timer = setTimeout(remove, FORGOTTEN * 1000, message.popup);
        cards.set(message.popup, { node: node, timer: timer, answered: false, lang: message.lang });
        if (message.part === "rest" && before.answered) {
            withdraw({ popup: message.popup, answered: true });
        }
        makeRoom();
    }

    /** The second half of a card that is still there. */
    function complete(message) {
        var card = cards.get(message.popup);
        if (card) {
            var node = drawn(message);
            card.node.replaceWith(node);
            card.node = node;
            if (card.answered) {
                withdraw({ popup: message.popup, answered: true });
            }
        }
    }

    function makeRoom() {
        var popups = Array.from(cards.keys());
        while (cards.size > MOST) {
            var oldest = popups.find((popup) => cards.has(popup) && cards.get(popup).answered) || popups[0];
            remove(oldest);
            popups = Array.from(cards.keys());
        }
    }

    function withdraw(message) {
        var card = cards.get(message.popup);
        if (!card) {
            return;
        }
        if (!message.answered) {
            remove(message.popup);
            return;
        }
        card.answered = true;
        clearTimeout(card.timer);
        card.node.classList.add("hub_answered");
        card.node.querySelector(".hub_state").textContent = texts(card.lang).answered;
    }

    function drawn(message) {
        var say = texts(message.lang);
        var node = element("div", "hub_card");
        node.dataset.popup = message.popup;
        var head = element("div", "hub_head");
        head.appendChild(element("i", "fa fa-phone hub_icon"));
        head.appendChild(element("span", "hub_state", say.ringing));
        if (message.line) {
            head.appendChild(element("span", "hub_line", message.line));
        }
        var close = button("×", "hub_close", () => remove(message.popup, true));
        close.setAttribute("aria-label", say.close);
        head.appendChild(close);
        node.appendChild(head);
        var body = element("div", "hub_body");
        node.appendChild(body);
        var candidates = message.candidates || [];
        if (!candidates.length) {
            stranger(body, message);
        } else if (candidates.length === 1) {
            known(body, message, candidates[0]);
        } else {
            several(body, message, candidates);
        }
        return node;
    }

    function number(message) {
        return element("div", "hub_number", message.hidden ? texts(message.lang).hidden : message.shown || message.number);
    }

    function known(body, message, candidate) {
        var say = texts(message.lang);
        body.appendChild(element("div", "hub_name", candidate.secret ? say.secret : candidate.name));
        var where = element("div", "hub_where");
        if (candidate.town) {
            where.appendChild(element("span", "hub_town", candidate.town));
        }
        where.appendChild(number(message));
        body.appendChild(where);
        body.appendChild(facts(candidate, message.lang));
        var buttons = element("div", "hub_buttons");
        if (candidate.id) {
            buttons.appendChild(button(say.open, "btn btn-primary hub_open", () =>
                guarded(message.lang, () => form(candidate.model, candidate.id))));
            (candidate.tickets || []).forEach((ticket) => {
                buttons.appendChild(button(ticket.label, "btn btn-secondary hub_ticket", () =>
                    guarded(message.lang, () => form(ticket.model, false, ticket.context))));
            });
        }
        body.appendChild(buttons);
    }

    function several(body, message, candidates) {
        var say = texts(message.lang);
        body.appendChild(number(message));
        body.appendChild(element("div", "hub_note", say.several));
        candidates.forEach((candidate) => {
            var row = element("div", "hub_candidate");
            var who = element("div", "hub_who");
            who.appendChild(element("div", "hub_name", candidate.secret ? say.secret : candidate.name));
            if (candidate.town) {
                who.appendChild(element("div", "hub_town", candidate.town));
            }
            row.appendChild(who);
            if (candidate.id) {
                row.appendChild(button(say.open, "btn btn-primary btn-sm hub_open", () =>
                    guarded(message.lang, () => form(candidate.model, candidate.id))));
            }
            body.appendChild(row);
            body.appendChild(facts(candidate, message.lang));
        });
    }

    function facts(candidate, lang) {
        var say = texts(lang);
        var list = element("dl", "hub_facts");
        var all = (candidate.facts || []).slice();
        if (candidate.last_call) {
            all.push({ label: say.last, kind: "time", value: candidate.last_call });
        }
        if (candidate.callbacks) {
            all.push({ label: say.waiting, kind: "number", value: candidate.callbacks, alarm: true });
        }
        all.forEach((fact) => {
            list.appendChild(element("dt", "", fact.label));
            list.appendChild(element("dd", fact.alarm ? "hub_alarm" : "", written(fact, lang)));
        });
        return list;
    }

    function stranger(body, message) {
        var say = texts(message.lang);
        body.appendChild(element("div", "hub_name", message.name || (message.hidden ? say.hidden : say.stranger)));
        if (!message.hidden) {
            body.appendChild(number(message));
        }
        if (message.hidden || !message.number) {
            return;
        }
        var buttons = element("div", "hub_buttons");
        var may = message.may || {};
        if (may.create) {
            buttons.appendChild(button(say.create, "btn btn-primary hub_create", () =>
                guarded(message.lang, () =>
                    form("res.partner", false, { default_phone: message.number, default_name: message.name || false }))));
        }
        if (may.write) {
            buttons.appendChild(button(say.attach, "btn btn-secondary hub_attach", () => {
                if (!body.querySelector(".hub_search")) {
                    search(body, message);
                }
            }));
        }
        body.appendChild(buttons);
    }

    /** Find a contact, and write the number on it with the agent's own rights. Nothing is overwritten. */
    function search(body, message) {
        var say = texts(message.lang);
        var box = element("div", "hub_search");
        var input = element("input", "hub_input");
        input.type = "search";
        input.placeholder = say.search;
        var found = element("div", "hub_found");
        box.appendChild(input);
        box.appendChild(found);
        body.appendChild(box);
        var asked = 0;
        var timer = null;
        input.addEventListener("input", () => {
            clearTimeout(timer);
            timer = setTimeout(() => guarded(message.lang, look), 200);
        });
        input.focus();

        async function look() {
            var mine = ++asked;
            var text = input.value.trim();
            var rows = text.length < 2 ? [] : await call("res.partner", "search_read",
                [["|", "|", ["display_name", "ilike", text], ["email", "ilike", text], ["phone", "ilike", text]]],
                { fields: ["display_name", "city"], limit: LINES });
            if (mine !== asked) {
                return;
            }
            found.textContent = "";
            rows.forEach((row) => {
                var label = row.display_name + (row.city ? " · " + row.city : "");
                found.appendChild(button(label, "hub_choice", () =>
                    guarded(message.lang, () => attach(row.id))));
            });
            if (text.length >= 2 && !rows.length) {
                found.appendChild(element("div", "hub_note", say.none));
            }
        }

        async function attach(id) {
            var known = await call("res.partner", "fields_get", [["phone", "mobile"]], { attributes: ["type"] });
            var places = ["phone", "mobile"].filter((name) => name in known);
            var rows = await call("res.partner", "read", [[id], places]);
            var free = places.find((name) => !rows[0][name]);
            if (free) {
                var values = {};
                values[free] = message.number;
                await call("res.partner", "write", [[id], values]);
            } else {
                odoo.notify(say.full, "warning");
            }
            await form("res.partner", id);
        }
    }

    // ---- dialling ----------------------------------------------------------------------------------------

    async function dial(number) {
        var looked = odoo.record() || {};
        await guarded("en", async () => {
            var order = await run({ number: number, model: looked.model || false, id: looked.id || false });
            odoo.notify(texts(order.lang).calling + number, "info");
            setTimeout(() => guarded(order.lang, async () => {
                var later = await run({ check: order.order });
                if (later.state === "expired") {
                    odoo.notify(texts(order.lang).nobody, "danger");
                }
            }), PATIENCE * 1000);
        });
    }

    function run(asked) {
        return call("ir.actions.server", "run", [[dialAction]], { context: { hub_calls: asked } });
    }

    function onClick(event) {
        var link = event.target.closest && event.target.closest('a[href^="tel:"]');
        var leftAlone = event.button || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
        // A telephone that shows Odoo dials by itself, as it always did.
        if (!link || !dialAction || leftAlone || /Mobi|Android/.test(navigator.userAgent)) {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
        dial(decodeURIComponent(link.getAttribute("href").slice(4)));
    }

    // ---- what arrives ------------------------------------------------------------------------------------

    async function connect(how) {
        odoo = how;
        document.addEventListener("click", onClick, true);
        if (tabs) {
            tabs.onmessage = (event) => remove(event.data.close);
        }
        // Its answer also tells the server's time.
        var action = await post("/web/action/load", { action_id: "hub_calls.action_dial" });
        dialAction = action && action.id;
    }

    var ready = null;

    window.HubCalls = {
        /** `how`: `open(action)`, `notify(text, type)`, `record()` → {model, id} or null. */
        connect: function (how) {
            window.HubCalls.listening = false;
            ready = connect(how)
                .catch((error) => console.error("hub_calls", error))
                .then(() => (window.HubCalls.listening = true));
        },
        /** One message of the hub, in the order they come. */
        receive: function (message) {
            ready = ready.then(() => {
                if (message.kind === "show") {
                    show(message);
                } else if (message.kind === "facts") {
                    complete(message);
                } else if (message.kind === "withdraw") {
                    withdraw(message);
                } else if (message.kind === "notice" && now() - message.at <= STALE) {
                    odoo.notify(message.text, "warning");
                }
            });
        },
    };
})();
