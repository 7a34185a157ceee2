import { simulatedProviders } from '../support/lab';
import { itHoldsItsPromises } from '../support/schedules/check';

/** Two files, so that they run side by side: this one for the providers that call back. */
itHoldsItsPromises(simulatedProviders.filter(([, , { videoTasks }]) => videoTasks.callback));
