import type { InputProblem } from '../errors';
import type { ProviderAdapter } from '../providers/adapter';
import { findVideoModel, videoLimits } from '../providers/adapter';
import { listOf } from '../text';
import { toMoment } from '../time';
import { videoSettings } from '../videoSettings';
import type { VideoTask, VideoTaskInput } from '../vocabulary';
import { checkAvailability, checkValues } from './checkVideoTaskInput';

/*
 * Whether a draft can become a video in full quality, found out before that is paid: a provider may take the request and
 * make something else of it.
 */

const dayMs = 24 * 60 * 60 * 1000;
const field = 'Draft Task';

/** What needs no request. @returns all violations at once */
export function checkFinalInput(provider: ProviderAdapter, input: VideoTaskInput): InputProblem[] {
	const found = findVideoModel(provider, input.model);
	const limits = found && videoLimits(provider, found);
	const finalSettings = provider.drafts?.finalSettings ?? [];
	if (found && limits && !limits.settings.includes('draft')) {
		const able = provider.videoModels.filter((model) => videoLimits(provider, model).settings.includes('draft'));
		const message = `The Model ${found.id} makes no drafts at ${provider.displayName}.`;
		return [{ field: 'Model', message, advice: `Choose the one that has made the draft: ${listOf(able.map(({ id }) => id), 'or')}.` }];
	}
	const model = found && limits && { ...limits, ...found, settings: limits.settings.filter((name) => finalSettings.includes(name)) };
	return [...checkAvailability(provider, model, input), ...checkValues(input.settings, limits?.ranges)];
}

/**
 * @param draft as the provider tells it
 * @param nowMs milliseconds since the epoch
 * @returns why it cannot be finalized, none if it can
 */
export function checkDraftTask(
	provider: ProviderAdapter,
	{ model }: Pick<VideoTaskInput, 'model'>,
	draft: VideoTask,
	nowMs: number,
): InputProblem[] {
	const { drafts } = provider;
	if (!drafts) return [];
	const { id, status, failure, createdAtMs, resolution } = draft;
	const problem = (message: string, advice: string): InputProblem[] => [{ field, message, advice }];
	const another = `Make another draft: Generate Video with the setting ${videoSettings.draft.label}.`;
	const isOtherSize = resolution !== undefined && resolution !== drafts.resolution;
	if (draft.isDraft === false || (draft.isDraft === undefined && isOtherSize)) {
		return problem(`The task ${id} is no draft.`, `Give the task of a Generate Video with the setting ${videoSettings.draft.label}.`);
	}
	if (status === 'queued' || status === 'running') {
		return problem(`The draft ${id} is not ready yet; its status is ${status}.`, 'Wait for it with Wait for Task, look at the video, and run this again.');
	}
	if (status !== 'succeeded') {
		const words = failure ? `: ${failure.message.replace(/\.$/, '')}` : '';
		return problem(`The draft ${id} gave no video; its status is ${status}${words}.`, another);
	}
	if (drafts.isMadeBy(draft, model) === false) {
		const maker = draft.model ?? 'another model';
		return [{ field: 'Model', message: `The draft ${id} was made with ${maker}; the Model is ${model}.`, advice: 'Choose the model that has made the draft.' }];
	}
	if (createdAtMs !== undefined && nowMs - createdAtMs >= drafts.lifetimeMs) {
		const days = drafts.lifetimeMs / dayMs;
		return problem(`The draft ${id} is of ${toMoment(createdAtMs)}; it could be finalized for ${days} days.`, another);
	}
	return [];
}
