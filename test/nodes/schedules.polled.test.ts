import { simulatedProviders } from '../support/lab';
import { itHoldsItsPromises } from '../support/schedules/check';

/** Two files, so that they run side by side: this one for the providers without callbacks. */
itHoldsItsPromises(simulatedProviders.filter(([, , { videoTasks }]) => !videoTasks.callback));
