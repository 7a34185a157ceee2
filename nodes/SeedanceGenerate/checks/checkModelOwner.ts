import type { InputProblem } from '../../shared/errors';
import type { Session } from '../../shared/node/operation';
import { providers } from '../../shared/providers';
import { listOf } from '../../shared/text';
import type { VideoTaskInput } from '../../shared/vocabulary';
import { listedModels } from './listedModels';

/**
 * Finds a model of another provider: the editor keeps the model when the provider is switched. A model that no
 * provider documents is left to the user, and so is one that the provider's own list has, which is free to request.
 * @returns the problem, if there is one
 */
export async function checkModelOwner(
	session: Session,
	{ model }: VideoTaskInput,
): Promise<InputProblem[]> {
	const { id, displayName, videoModels } = session.provider;
	const owners = providers.filter((other) => other.videoModels.some((known) => known.id === model));
	if (owners.length === 0 || owners.some((owner) => owner.id === id)) return [];
	const listed = await listedModels(session);
	if (!listed || listed.models.some((other) => other.id === model)) return [];
	const own = listOf(videoModels.map((known) => known.id), 'or');
	const others = listOf(owners.map((owner) => owner.displayName));
	const message = `The Model ${model} is one of ${others}; ${displayName} does not have it.`;
	return [{ field: 'Model', message, advice: `Choose a model of ${displayName} again: ${own}.` }];
}
