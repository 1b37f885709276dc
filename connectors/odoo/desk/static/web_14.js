/* Odoo 14: the bus of the old web client. Its notifications take markup, so what is shown there is escaped. */
odoo.define("hub_calls.web", function (require) {
    "use strict";

    var WebClient = require("web.WebClient");

    WebClient.include({
        show_application: function () {
            var self = this;
            var shown = this._super.apply(this, arguments);
            window.HubCalls.connect({
                open: function (what) {
                    return self.do_action(what);
                },
                notify: function (text, type) {
                    self.call("notification", "notify", { message: _.escape(text), type: type });
                },
                record: function () {
                    var hash = $.bbq.getState();
                    return hash.model && hash.id ? { model: hash.model, id: Number(hash.id) } : null;
                },
            });
            this.call("bus_service", "onNotification", this, function (notifications) {
                notifications.forEach(function (notification) {
                    var message = notification[1];
                    if (message && message.type === "hub_calls") {
                        window.HubCalls.receive(message);
                    }
                });
            });
            this.call("bus_service", "startPolling");
            return shown;
        },
    });
});
