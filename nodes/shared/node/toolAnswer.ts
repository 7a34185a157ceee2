import type { IDataObject } from 'n8n-workflow';
import { isObject, readString } from '../providers/read';
import { usualDuration, type AssetStatus, type TaskStatus } from '../vocabulary';

const checkAgain =
	`The video is not ready; it usually takes ${usualDuration}. Keep the taskId and check again later with the tool that gets a task. Do not make it again, which would be paid again.`;

/** What the model should do next, by the status of an unfinished task or asset. */
const nextSteps: Partial<Record<TaskStatus | AssetStatus, string>> = {
	queued: checkAgain,
	running: checkAgain,
	processing: 'The asset cannot be cited yet. Check again later with the tool that gets an asset.',
};

/**
 * The data of an item for the model of an AI agent: without null values, and with the next step while there is no
 * result. Workflows need the same keys in every item, but for a model each of them costs tokens.
 */
export function toToolAnswer(json: IDataObject): IDataObject {
	const known = Object.entries(json).flatMap(([name, value]) => {
		if (value === null) return [];
		return [[name, isObject(value) ? withoutNulls(value) : value] as const];
	});
	const [, nextStep] = Object.entries(nextSteps).find(([status]) => status === readString(json.status)) ?? [];
	return { ...Object.fromEntries(known), ...(nextStep && { nextStep }) };
}

const withoutNulls = (value: object) => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
