import { Faults } from './faults';
import { Workshop } from './media';
import type { Durations } from './provider';
import { uploadPath } from './piapi/uploads';
import { providers } from './routes';
import { startApiServer } from './server';
import { Storage } from './storage';
import type { ApiCall, Bill, ProviderId, Simulator, SimulatorOptions } from './types';
import { Webhooks } from './webhooks';

export type * from './types';

export const defaultApiKey = 'sk-simulator-not-a-real-key';
const otherApiKey = 'sk-simulator-key-of-another-user';

/**
 * Starts the simulated providers and their storage host on 127.0.0.1.
 * Written from the providers' documents; knows nothing of the nodes.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
	const { ports = {}, apiKey = defaultApiKey, now = () => Date.now(), onBill } = options;
	const faults = new Faults();
	const workshop = new Workshop();
	const calls: ApiCall[] = [];
	const bills: Array<Omit<Bill, 'refunded'>> = [];
	const storage = new Storage({
		port: ports.storage ?? 0,
		now,
		linkSeconds: options.videoLinkSeconds ?? 12 * 60 * 60,
		faults,
		secrets: [apiKey, otherApiKey],
		onCall: options.onStorageCall,
	});
	const webhooks = new Webhooks({
		now,
		timeoutSeconds: options.webhookTimeoutSeconds,
		onDelivery: options.onWebhook,
	});
	const running: Array<{ close: () => Promise<void> }> = [storage, webhooks];
	const close = async () => {
		await Promise.all(running.map(async (server) => await server.close()));
		await workshop.close();
	};

	const start = async (provider: ProviderId) => {
		const server = providers[provider]({
			provider,
			now,
			durations: scaleDurations(options),
			keys: { apiKey, otherApiKey },
			storage,
			workshop,
			webhooks,
			options,
			bill: (entry) => {
				const bill = { provider, atMs: now(), ...entry };
				bills.push(bill);
				onBill?.({ ...bill, refunded: false });
			},
		});
		const port = ports[provider] ?? 0;
		const { latencySeconds, onCall } = options;
		const api = await startApiServer(server, { provider, port, now, latencySeconds, faults, calls, onCall });
		running.push(api);
		return { server, url: api.url };
	};

	try {
		await storage.start();
		const anyfast = await start('anyfast');
		const alad = await start('alad');
		const piapi = await start('piapi');
		const apiframe = await start('apiframe');
		const servers = {
			anyfast: anyfast.server,
			alad: alad.server,
			piapi: piapi.server,
			apiframe: apiframe.server,
		};
		if (options.webhooks === 'automatic') webhooks.start();
		return {
			apiKey,
			otherApiKey,
			baseUrls: {
				anyfast: anyfast.url,
				alad: alad.url,
				piapi: piapi.url,
				apiframe: apiframe.url,
			},
			uploadUrls: { piapi: `${piapi.url}${uploadPath}` },
			storageUrl: storage.url,
			calls,
			storageCalls: storage.calls,
			get ledger() {
				return bills.map((bill) => ({ ...bill, refunded: servers[bill.provider].isRefunded(bill.id) }));
			},
			faults,
			webhooks,
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

function scaleDurations(options: SimulatorOptions): Durations {
	const scaledMs = (seconds: number) => (seconds * 1000) / (options.timeScale ?? 1);
	return {
		taskQueueMs: scaledMs(options.taskQueueSeconds ?? 5),
		taskRunMs: scaledMs(options.taskRunSeconds ?? 60),
		assetProcessingMs: scaledMs(options.assetProcessingSeconds ?? 6),
		propagationMs: scaledMs(options.propagationSeconds ?? 2),
	};
}
