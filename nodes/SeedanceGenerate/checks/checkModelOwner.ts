import type { InputProblem } from '../../shared/errors';
import type { Session } from '../../shared/node/operation';
import { providers } from '../../shared/providers';
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
	const own = videoModels.map((known) => known.id).join(', ');
	const others = owners.map((owner) => owner.displayName).join(' and ');
	return [
		{ field: 'Model', allowed: `${displayName} offers ${own}`, given: `${model}, a model of ${others}` },
	];
}
