/** @odoo-module **/
/* Odoo 17 to 19: the bus by subscription, forms by the action service. */
import { registry } from "@web/core/registry";

registry.category("services").add("hub_calls", {
    dependencies: ["bus_service", "action", "notification"],
    start(env, { bus_service, action, notification }) {
        window.HubCalls.connect({
            open: (what) => action.doAction(what),
            notify: (text, type) => notification.add(text, { type }),
            record: () => {
                const controller = action.currentController;
                const props = (controller && controller.props) || {};
                const state = (controller && controller.currentState) || {};
                const id = state.resId || props.resId;
                return props.resModel && typeof id === "number" ? { model: props.resModel, id } : null;
            },
        });
        bus_service.subscribe("hub_calls", (message) => window.HubCalls.receive(message));
        bus_service.start();
    },
});
