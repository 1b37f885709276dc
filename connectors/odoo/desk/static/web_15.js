/** @odoo-module **/
/* Odoo 15: the bus is still the old web client's, there once the client is ready. */
import { registry } from "@web/core/registry";

registry.category("services").add("hub_calls", {
    dependencies: ["action", "notification"],
    start(env, { action, notification }) {
        window.HubCalls.connect({
            open: (what) => action.doAction(what),
            notify: (text, type) => notification.add(text, { type }),
            record: () => {
                const props = (action.currentController && action.currentController.props) || {};
                return props.resModel && props.resId ? { model: props.resModel, id: props.resId } : null;
            },
        });
        env.bus.on("WEB_CLIENT_READY", null, () => {
            const bus = owl.Component.env.services.bus_service;
            bus.onNotification(this, (notifications) => {
                for (const { type, payload } of notifications) {
                    if (type === "hub_calls") {
                        window.HubCalls.receive(payload);
                    }
                }
            });
            bus.startPolling();
        });
    },
});
