import type { InputProblem } from '../../shared/errors';
import { perRun, type Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import { providers } from '../../shared/providers';
import { callProvider } from '../../shared/request/callProvider';
import { listOf } from '../../shared/text';
import type { VideoTaskInput } from '../../shared/vocabulary';

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
	if (!listed || listed.includes(model)) return [];
	const own = listOf(videoModels.map((known) => known.id), 'or');
	const others = listOf(owners.map((owner) => owner.displayName));
	const message = `The Model ${model} is one of ${others}; ${displayName} does not have it.`;
	return [{ field: 'Model', message, advice: `Choose a model of ${displayName} again: ${own}.` }];
}

/** The IDs of the models in the provider's own list: none if it has no list, undefined if it cannot be read. */
const listedModels = perRun(async ({ connection }): Promise<readonly string[] | undefined> => {
	const { models } = connection.provider;
	if (!models) return [];
	const list = await outcomeOf(callProvider(connection, models, undefined));
	return list.ok ? list.value : undefined;
});
