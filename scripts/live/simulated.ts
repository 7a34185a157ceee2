import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import type { ProviderId } from '../../simulator';
import { arkAccess, startSimulator } from '../../simulator';
import { openConnection } from './connection';
import { Side } from './side';
import { cleanUp, readEverything, makeThings, smallestVideo, takesAddressesOnly, type Things } from './walk';

/**
 * What the simulator answers to all calls of the live check, with a clock of its own.
 * @returns undefined for a provider that has no simulator
 */
export async function askSimulator(provider: ProviderAdapter): Promise<Side | undefined> {
	let nowMs = Date.now();
	const clock = {
		now: () => nowMs,
		monotonicMs: () => nowMs,
		async sleep(durationMs: number) {
			nowMs += durationMs;
		},
	};
	const simulator = await startSimulator({ now: clock.now });
	try {
		const isSimulated = (id: string): id is ProviderId => id in simulator.baseUrls;
		if (!isSimulated(provider.id)) return undefined;
		const { apiKey, baseUrls } = simulator;
		const baseUrl = baseUrls[provider.id];
		const { accessKeyId, secretAccessKey, controlBaseUrl } = arkAccess(simulator);
		const ofAssets = provider.assetApi && { assetUrl: controlBaseUrl, assetKeys: { accessKeyId, secretAccessKey } };
		const side = new Side(await openConnection(provider, { apiKey, baseUrl, uploadUrl: baseUrl, ...ofAssets, clock }));
		const things: Things = {};
		// Often enough to see every status.
		const imageUrl = takesAddressesOnly(provider) ? 'https://example.com/picture.png' : undefined;
		const trip = { imageUrl, input: smallestVideo(provider, side.connection), intervalMs: () => 2_000 };
		await makeThings(side, things, trip);
		await readEverything(side, things);
		await cleanUp(side, things);
		return side;
	} finally {
		await simulator.close();
	}
}
