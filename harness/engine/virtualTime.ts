import type { ClientRequest, ServerResponse } from 'node:http';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock } from '../../nodes/shared/clock';

// Taken before they are faked.
const { setImmediate: setRealImmediate, setTimeout: setRealTimeout } = globalThis;
const realPerformance = { now: performance.now.bind(performance) };

export interface VirtualTimeOptions {
	/** Where virtual time begins, in milliseconds since the epoch. Default: now. */
	startMs?: number;
	/**
	 * The number of exchanges in flight that time does not wait for, each end in this process counted: those that
	 * are never answered, so that their time-outs can fire. Default: none.
	 */
	unawaited?: () => number;
	/** How much real time may pass while virtual time stands still. Default 50 000 ms. */
	patienceMs?: number;
}

/**
 * Runs a function while time is virtual: setTimeout, setInterval and Date belong to a clock that
 * jumps to the next timer as soon as nothing else can happen, that is when no HTTP request is in
 * flight (client or server side, in this process) and no file or connection is being opened.
 * Waits end exactly when they should and take no time; requests take no virtual time at all.
 *
 * When neither an exchange nor a timer ends, it throws instead of waiting for good.
 *
 * Not virtual: nextTick, setImmediate, queueMicrotask, and timers inside Node itself such as
 * AbortSignal.timeout. `jest.setSystemTime` sets the wall clock, as a person or NTP does: timers and
 * `performance` are not affected.
 */
export async function runInVirtualTime<Result>(
	run: () => Promise<Result>,
	{ startMs, unawaited = () => 0, patienceMs = 50_000 }: VirtualTimeOptions = {},
): Promise<Result> {
	jest.useFakeTimers({
		now: startMs,
		doNotFake: [
			'nextTick',
			'setImmediate',
			'clearImmediate',
			'queueMicrotask',
			'hrtime',
		],
	});
	const traffic = watchTraffic(unawaited);
	try {
		const progress = { hasEnded: false };
		const result = run().finally(() => (progress.hasEnded = true));
		// A failure is reported by the await below, not as an unhandled rejection while time runs.
		result.catch(() => {});
		let movedAtMs = realPerformance.now();
		for (let idleTurns = 0, busyTurns = 0; !progress.hasEnded;) {
			if (realPerformance.now() - movedAtMs > patienceMs) throw new Error(`Nothing moves: ${traffic.describe()}`);
			// Real time only passes here while an answer takes long, as when a video is rendered.
			await (busyTurns > 200 ? realDelay(1) : nextTurn());
			const isBusy = traffic.isBusy();
			busyTurns = isBusy ? busyTurns + 1 : 0;
			idleTurns = isBusy ? 0 : idleTurns + 1;
			// Answers reach their reader through a few turns of the event loop.
			if (idleTurns < 25) continue;
			idleTurns = 0;
			if (jest.getTimerCount() > 0) {
				jest.advanceTimersToNextTimer();
				movedAtMs = realPerformance.now();
			} else await realDelay(1);
		}
		return await result;
	} finally {
		traffic.stop();
		jest.useRealTimers();
	}
}

/** A clock for code that takes one: time passes only in `sleep`, at once. */
export interface VirtualClock extends Clock {
	/** The length of every sleep so far, in milliseconds. */
	readonly sleeps: readonly number[];
	/** Moves the wall clock forward, or back if negative, as a person or NTP does. */
	step(durationMs: number): void;
}

/**
 * @param onSleep called as each sleep begins; a signal that it aborts ends this sleep
 */
export function createVirtualClock({
	startMs = 0,
	onSleep = () => {},
}: { startMs?: number; onSleep?: (durationMs: number) => void } = {}): VirtualClock {
	const sleeps: number[] = [];
	let passedMs = 0;
	let steppedMs = 0;
	return {
		sleeps,
		now: () => startMs + passedMs + steppedMs,
		monotonicMs: () => passedMs,
		step: (durationMs) => void (steppedMs += durationMs),
		async sleep(durationMs, signal) {
			signal?.throwIfAborted();
			sleeps.push(durationMs);
			onSleep(durationMs);
			signal?.throwIfAborted();
			passedMs += durationMs;
		},
	};
}

const nextTurn = async () => await new Promise<void>((resolve) => setRealImmediate(resolve));
const realDelay = async (durationMs: number) =>
	await new Promise<void>((resolve) => setRealTimeout(resolve, durationMs));

/** Work of the operating system that ends without a timer: file access, name resolution, connects. */
const pendingResource = /^(FSReq|CloseReq|GetAddrInfoReq|TCPConnect|WriteWrap)/;

/** Counts HTTP requests by the events that Node publishes: https://nodejs.org/api/diagnostics_channel.html */
function watchTraffic(unawaited: () => number) {
	const inFlight = new Set<ClientRequest | ServerResponse>();
	const add = (exchange: ClientRequest | ServerResponse) => {
		inFlight.add(exchange);
		exchange.once('close', () => inFlight.delete(exchange));
	};
	const onClientStart = (message: unknown) =>
		add((message as { request: ClientRequest }).request);
	const onServerStart = (message: unknown) =>
		add((message as { response: ServerResponse }).response);
	subscribe('http.client.request.start', onClientStart);
	subscribe('http.server.request.start', onServerStart);
	return {
		isBusy: () =>
			(inFlight.size > 0 && inFlight.size > unawaited()) ||
			process.getActiveResourcesInfo().some((resource) => pendingResource.test(resource)),
		describe: () => `${inFlight.size} exchanges in flight, ${unawaited()} of them held`,
		stop: () => {
			unsubscribe('http.client.request.start', onClientStart);
			unsubscribe('http.server.request.start', onServerStart);
		},
	};
}
