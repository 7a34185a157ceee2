import type { IDataObject } from 'n8n-workflow';
import { readString } from '../providers/read';
import type { AssetStatus, TaskStatus } from '../vocabulary';

const lookAgain =
	'The video is not ready; it takes 1 to 10 minutes. Keep the taskId and look again later with the tool that gets a task. Do not make it again, which would be paid again.';

/** By the status of what goes on at the provider. */
const nextSteps: Partial<Record<TaskStatus | AssetStatus, string>> = {
	queued: lookAgain,
	running: lookAgain,
	processing: 'The asset cannot be cited yet. Look again later with the tool that gets an asset.',
};

/**
 * The data of an item as the model of an AI agent should read it: what is known, and what to do while
 * there is no result. A workflow wants the same keys in every item; a model reads each of them.
 */
export function toToolAnswer(json: IDataObject): IDataObject {
	const known = Object.entries(json).filter(([, value]) => value !== null);
	const [, nextStep] = Object.entries(nextSteps).find(([status]) => status === readString(json.status)) ?? [];
	return { ...Object.fromEntries(known), ...(nextStep && { nextStep }) };
}
