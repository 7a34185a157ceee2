import { Faults } from './faults';
import { Workshop } from './media';
import type { Durations, ProviderServer, SimulatedProvider } from './provider';
import {
	otherHost,
	otherHosts,
	providerIds,
	providers,
	type OtherHost,
	type ProviderId,
	type ProviderOptions,
} from './providers';
import { startApiServer } from './server';
import { State } from './state';
import { Storage } from './storage';
import type * as Types from './types';
import type { ApiCall, Bill, StorageCall, WebhookDelivery } from './types';
import { Webhooks } from './webhooks';

export type * from './types';
export { arkAccess, type ArkAccess } from './ark/accounts';
export { arkRefusals } from './ark/refusals';
export { fixedPorts, providerIds, providers, type ProviderId } from './providers';

export type Fault = Types.Fault<ProviderId>;

export interface SimulatorOptions extends Types.CommonOptions, ProviderOptions {
	/** Default 0: any free port. Always on 127.0.0.1. */
	ports?: Partial<Record<ProviderId | 'storage' | OtherHost, number>>;
}

export interface Simulator {
	apiKey: string;
	/** The key of another user, whose groups, assets and tasks are not visible to `apiKey`. */
	otherApiKey: string;
	/** Without a trailing slash. */
	baseUrls: Record<ProviderId, string>;
	/** Of the hosts that a provider has besides the first one: their origins. */
	hostUrls: Record<OtherHost, string>;
	/** Where files are put that a provider takes by URL only; a host of its own in reality, which few have. */
	uploadUrls: Partial<Record<ProviderId, string>>;
	storageUrl: string;
	calls: readonly ApiCall[];
	storageCalls: readonly StorageCall[];
	ledger: readonly Bill[];
	faults: { add(fault: Fault): void; clear(): void };
	webhooks: {
		/** Sends what is due at `now()`. @returns what was sent, once it is answered or given up */
		deliver(): Promise<readonly WebhookDelivery[]>;
		deliveries: readonly WebhookDelivery[];
		/** When `deliver` next has something to send, in milliseconds since the epoch. */
		nextDueMs(): number | undefined;
	};
	/** Ends every connection and running render at once, and removes the temporary files. */
	close(): Promise<void>;
}

export const defaultApiKey = 'sk-simulator-not-a-real-key';
const otherApiKey = 'sk-simulator-key-of-another-user';

/**
 * Starts the simulated providers and their storage host on 127.0.0.1.
 * Written from the providers' documents; knows nothing of the nodes.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
	const { ports = {}, apiKey = defaultApiKey, now = () => Date.now(), onBill } = options;
	const faults = new Faults();
	const state = new State(options.stateFolder);
	const workshop = new Workshop(state.filesFolder);
	const calls: ApiCall[] = [];
	const bills: Array<{ server: ProviderServer; bill: Omit<Bill, 'refunded' | 'charge'> }> = [];
	const storage = new Storage({
		port: ports.storage ?? 0,
		now,
		linkSeconds: options.videoLinkSeconds ?? 12 * 60 * 60,
		faults,
		secrets: [apiKey, otherApiKey, ...providerIds.flatMap((id) => (providers[id] as SimulatedProvider).secrets ?? [])],
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
		state.save();
		await workshop.close();
	};

	const hostUrls: Simulator['hostUrls'] = {};
	const start = async (provider: ProviderId) => {
		const simulated: SimulatedProvider = providers[provider];
		const surroundings = {
			provider,
			now,
			durations: scaleDurations(options),
			keys: { apiKey, otherApiKey },
			storage,
			workshop,
			webhooks,
			options,
			records: <Value>(kind: string) => state.records<Value>(`${provider}.${kind}`),
			bill: (entry: Omit<Bill, 'provider' | 'atMs' | 'refunded' | 'charge'>) => {
				const bill = { provider, atMs: now(), ...entry };
				bills.push({ server, bill });
				onBill?.({ ...bill, refunded: false });
			},
		};
		const server = simulated.serve(surroundings, options[provider] ?? {});
		const { latencySeconds, latencyJitterSeconds } = options;
		const onCall = (call: ApiCall) => {
			if (call.method !== 'GET') state.save();
			options.onCall?.(call);
		};
		const shared = { provider, now, latencySeconds, latencyJitterSeconds, faults, calls, onCall };
		const listen = async (host: string | undefined, port = 0) => {
			const api = await startApiServer(server, { ...shared, host, port });
			running.push(api);
			return api.url;
		};
		for (const host of otherHosts[provider]) {
			const name = otherHost(provider, host);
			hostUrls[name] = await listen(host, ports[name]);
		}
		return (await listen(undefined, ports[provider])) + (simulated.basePath ?? '');
	};

	try {
		await storage.start();
		const baseUrls = {} as Simulator['baseUrls'];
		const uploadUrls: Simulator['uploadUrls'] = {};
		for (const id of providerIds) {
			const { uploadPath }: SimulatedProvider = providers[id];
			baseUrls[id] = await start(id);
			if (uploadPath !== undefined) uploadUrls[id] = baseUrls[id] + uploadPath;
		}
		if (options.webhooks === 'automatic') webhooks.start();
		return {
			apiKey,
			otherApiKey,
			baseUrls,
			hostUrls,
			uploadUrls,
			storageUrl: storage.url,
			calls,
			storageCalls: storage.calls,
			get ledger() {
				return bills.map(({ server, bill }) => {
					const charge = server.chargeOf(bill.id);
					return { ...bill, refunded: server.isRefunded(bill.id), ...(charge && { charge }) };
				});
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
