import type { InputProblem } from '../errors';
import type { ProviderAdapter } from '../providers/adapter';
import type { UrlFacts } from '../download/fetchHeaders';
import { TransferError } from '../download/transferError';
import { type Outcome, outcomeOf } from '../outcome';
import { withArticle } from '../vocabulary';
import type { GivenMedium } from './checkFiles';
import { checkMedia } from './checkMedia';

/** Statuses that a provider would get as well; others may only mean that the host answers no HEAD. */
const refusals: Readonly<Record<number, string>> = {
	401: 'asks for a login',
	404: 'has no such file',
	410: 'has no such file any more',
};

/**
 * Asks the host of each URL, before anything is paid, whether there is a file of the right type and
 * size. Leaves files and assets alone.
 * @param fetchHeaders throws a TransferError, see `fetchHeaders`
 * @returns every address that the provider could not use
 */
export async function checkUrls(
	provider: Pick<ProviderAdapter, 'displayName'>,
	media: readonly GivenMedium[],
	fetchHeaders: (url: string) => Promise<UrlFacts>,
): Promise<InputProblem[]> {
	const problems = await Promise.all(
		media.map(async (given) => {
			if (given.medium.kind !== 'url') return [];
			const { url } = given.medium;
			return problemsOf(provider, given, url, await outcomeOf(fetchHeaders(url)));
		}),
	);
	return problems.flat();
}

function problemsOf(
	provider: Pick<ProviderAdapter, 'displayName'>,
	{ field, mediaType, limits }: GivenMedium,
	url: string,
	facts: Outcome<UrlFacts>,
): InputProblem[] {
	// The rest may be a signature.
	const address = url.replace(/[?#].*$/s, '');
	const problem = (why: string, advice: string) => [{ field, message: `${address} (${field}) ${why}.`, advice }];
	const reachable = `Give an address that ${provider.displayName} can fetch without a login; try it in a private window of a browser.`;
	if (!facts.ok) {
		const isRefused = facts.error instanceof TransferError && facts.error.problem === 'final';
		// Not the words of the network: n8n would show its own text for their codes and hide ours.
		return problem(isRefused ? 'leads on to an address that is not one of the internet, or in circles' : 'does not answer', reachable);
	}
	const { statusCode, mimeType = '', sizeBytes = 0 } = facts.value;
	const refusal = refusals[statusCode];
	if (refusal) return problem(`answers ${statusCode}: it ${refusal}`, reachable);
	if (statusCode !== 200) return [];
	const isOtherMedium = /^(image|video|audio)\//.test(mimeType) && !mimeType.startsWith(`${mediaType}/`);
	return [
		...(isOtherMedium || mimeType === 'text/html'
			? problem(`is of type ${mimeType}; ${withArticle(mediaType)} is needed`, 'Give the address of the file itself, not of a page that shows it.')
			: []),
		...checkMedia(provider, { field, mediaType, limits, fileName: address, sizeBytes }),
	];
}
