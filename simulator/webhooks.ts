import { Agent, request } from 'undici';
import { isDocumentationHost } from './media';
import type { WebhookDelivery, WebhookEffect } from './types';

/** Something that a provider has to tell the webhook of a task. */
export interface WebhookEvent {
	provider: string;
	taskId: string;
	event: string;
	url: string;
	/** When it happens. */
	atMs: number;
	/** Made once, at the first attempt: repeats are the same to the byte. */
	message(): WebhookMessage;
	effect?: WebhookEffect;
	/** How often it is sent again without a 2xx. Default 3. */
	retries?: number;
	/** Whether it will not happen after all, e.g. because the task was cancelled. */
	isCalledOff?: () => boolean;
}

export interface WebhookMessage {
	headers: Record<string, string>;
	body: string;
}

export type WebhookStatus = 'pending' | 'delivered' | 'failed';

interface Waiting extends Omit<WebhookEvent, 'effect'> {
	status: WebhookStatus;
	/** Of the next attempt. */
	dueAtMs: number;
	attempts: number;
	isUnderWay: boolean;
}

interface WebhooksOptions {
	now: () => number;
	timeoutSeconds?: number;
	onDelivery?: (delivery: WebhookDelivery) => void;
}

/** "5 s × 3" (PiAPI, "Unified Webhook"); the page of Apiframe is silent. */
const defaultRetries = 3;
const retryDelayMs = 5000;
/** Of real time; how often `automatic` checks. */
const checkIntervalMs = 100;

/** Calls the webhooks of tasks. Sends nothing by itself unless started. */
export class Webhooks {
	readonly deliveries: WebhookDelivery[] = [];
	private readonly events: Waiting[] = [];
	/** Without kept-alive connections, which would hold up a receiver that closes. */
	private readonly agent = new Agent({ pipelining: 0 });
	private readonly now: () => number;
	private readonly timeoutMs: number;
	private timer?: NodeJS.Timeout;
	private isClosed = false;

	constructor(private readonly options: WebhooksOptions) {
		this.now = options.now;
		this.timeoutMs = Math.ceil((options.timeoutSeconds ?? 5) * 1000);
	}

	/** From now on delivers by itself, in real time. */
	start(): void {
		this.timer = setInterval(() => void this.deliver(), checkIntervalMs).unref();
	}

	add({ effect, ...event }: WebhookEvent): void {
		if (effect?.kind === 'webhookLost') return;
		let message: WebhookMessage | undefined;
		const delayMs = effect?.kind === 'webhookLate' ? effect.seconds * 1000 : 0;
		for (let copies = effect?.kind === 'webhookTwice' ? 2 : 1; copies > 0; copies -= 1) {
			this.events.push({
				...event,
				message: () => (message ??= event.message()),
				status: 'pending',
				dueAtMs: event.atMs + delayMs,
				attempts: 0,
				isUnderWay: false,
			});
		}
	}

	/** How the last event of a task was delivered. */
	statusOf(taskId: string): WebhookStatus {
		const events = this.events.filter((event) => event.taskId === taskId);
		const lastAtMs = Math.max(...events.map(({ atMs }) => atMs));
		const statuses = events.filter(({ atMs }) => atMs === lastAtMs).map(({ status }) => status);
		if (statuses.includes('delivered')) return 'delivered';
		return statuses.includes('failed') && !statuses.includes('pending') ? 'failed' : 'pending';
	}

	nextDueMs(): number | undefined {
		const dueAtMs = this.waiting().map((event) => event.dueAtMs);
		return dueAtMs.length === 0 ? undefined : Math.min(...dueAtMs);
	}

	/** Sends what is due: the events of a task one after the other, different tasks side by side. */
	async deliver(): Promise<WebhookDelivery[]> {
		const nowMs = this.now();
		const due = this.waiting()
			.filter(({ dueAtMs }) => dueAtMs <= nowMs)
			.sort((one, other) => one.dueAtMs - other.dueAtMs);
		const queues = new Map<string, Waiting[]>();
		for (const event of due) {
			event.isUnderWay = true;
			queues.set(event.taskId, [...(queues.get(event.taskId) ?? []), event]);
		}
		const deliveries = await Promise.all(
			[...queues.values()].map(async (queue) => {
				const sent: WebhookDelivery[] = [];
				for (const event of queue) if (!this.isClosed) sent.push(await this.attempt(event));
				return sent;
			}),
		);
		return deliveries.flat();
	}

	/** Breaks off what is under way. */
	async close(): Promise<void> {
		this.isClosed = true;
		clearInterval(this.timer);
		await this.agent.destroy();
	}

	private waiting(): Waiting[] {
		return this.events.filter(({ status, isUnderWay, isCalledOff }) => {
			return status === 'pending' && !isUnderWay && isCalledOff?.() !== true;
		});
	}

	private async attempt(event: Waiting): Promise<WebhookDelivery> {
		event.attempts += 1;
		const { provider, taskId, event: name, url, attempts } = event;
		const delivery: WebhookDelivery = {
			provider,
			taskId,
			event: name,
			url,
			attempt: attempts,
			atMs: this.now(),
		};
		this.deliveries.push(delivery);
		const statusCode = await this.post(new URL(url), event.message());
		delivery.statusCode = statusCode;
		if (statusCode !== undefined && statusCode >= 200 && statusCode < 300) event.status = 'delivered';
		else if (attempts > (event.retries ?? defaultRetries)) event.status = 'failed';
		else event.dueAtMs = this.now() + retryDelayMs;
		event.isUnderWay = false;
		this.options.onDelivery?.(delivery);
		return delivery;
	}

	/** Follows no redirect. @returns undefined without a whole answer */
	private async post(url: URL, { headers, body }: WebhookMessage): Promise<number | undefined> {
		if (isDocumentationHost(url)) return 200;
		try {
			const response = await request(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...headers },
				body,
				dispatcher: this.agent,
				// The receiver is real, so its time is too, whatever the clock of the simulator does.
				headersTimeout: 0,
				bodyTimeout: 0,
				signal: AbortSignal.timeout(this.timeoutMs),
			});
			await response.body.text();
			return response.statusCode;
		} catch {
			return undefined;
		}
	}
}
