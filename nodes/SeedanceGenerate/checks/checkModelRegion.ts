import type { InputProblem } from '../../shared/errors';
import type { Session } from '../../shared/node/operation';
import type { VideoModel } from '../../shared/providers/adapter';
import { listOf } from '../../shared/text';

/** A model of another region than that of the credential, which the provider would not find. */
export function checkModelRegion(
	{ provider, connection }: Pick<Session, 'provider' | 'connection'>,
	model: VideoModel | undefined,
): InputProblem[] {
	const { region } = connection;
	if (region === undefined || model?.region === undefined || model.region === region) return [];
	const nameOf = (name: string) => provider.regions?.[name]?.displayName ?? name;
	const own = provider.videoModels.filter((other) => other.region === region).map(({ id }) => id);
	const message = `The Model ${model.id} is one of the region ${nameOf(model.region)}; the credential is of the region ${nameOf(region)}.`;
	return [{ field: 'Model', message, advice: `Choose ${listOf(own, 'or')}, or the credential of the other region.` }];
}
