/** @odoo-module **/
/* Odoo 16: the bus by listening to all of it. */
import { registry } from "@web/core/registry";

registry.category("services").add("hub_calls", {
    dependencies: ["bus_service", "action", "notification"],
    start(env, { bus_service, action, notification }) {
        window.HubCalls.connect({
            open: (what) => action.doAction(what),
            notify: (text, type) => notification.add(text, { type }),
            record: () => {
                const props = (action.currentController && action.currentController.props) || {};
                return props.resModel && props.resId ? { model: props.resModel, id: props.resId } : null;
            },
        });
        bus_service.addEventListener("notification", ({ detail }) => {
            for (const { type, payload } of detail) {
                if (type === "hub_calls") {
                    window.HubCalls.receive(payload);
                }
            }
        });
        bus_service.start();
    },
});
