import type { AnswerEffect, Effect, FateEffect, Fault, Route, WebhookEffect } from './types';

/** Where each effect makes sense; a fault anywhere else could never be seen. */
const appliesTo: Record<Effect['kind'], (route: Route) => boolean> = {
	status: () => true,
	reset: () => true,
	hang: () => true,
	late: (route) => route !== 'storage.get',
	html: () => true,
	malformedJson: (route) => route !== 'storage.get',
	refusalInside200: (route) => route !== 'storage.get',
	missingId: (route) => route.endsWith('.create'),
	linkExpired: (route) => route === 'storage.get',
	truncate: (route) => route === 'storage.get',
	resetMidway: (route) => route === 'storage.get',
	standstill: (route) => route === 'storage.get',
	slow: (route) => route === 'storage.get',
	empty: (route) => route === 'storage.get',
	endless: (route) => route === 'storage.get',
	tooLongLength: (route) => route === 'storage.get',
	contentType: (route) => route === 'storage.get',
	redirect: (route) => route === 'storage.get',
	rangeIgnored: (route) => route === 'storage.get',
	rangeShifted: (route) => route === 'storage.get',
	rangeHalved: (route) => route === 'storage.get',
	replaced: (route) => route === 'storage.get',
	taskNeverEnds: (route) => route === 'tasks.create',
	taskFails: (route) => route === 'tasks.create',
	taskModerated: (route) => route === 'tasks.create',
	taskUrlMissing: (route) => route === 'tasks.create',
	taskStatus: (route) => route === 'tasks.create',
	assetFails: (route) => route === 'assets.create',
	webhookLost: (route) => route === 'tasks.create',
	webhookTwice: (route) => route === 'tasks.create',
	webhookLate: (route) => route === 'tasks.create',
};

/** What hits one call; at most one of each sort. */
export interface Hits {
	answer?: AnswerEffect;
	fate?: FateEffect;
	webhook?: WebhookEffect;
}

interface PendingFault {
	fault: Fault;
	toSkip: number;
	toHit: number;
}

/** The faults that still wait for their calls. */
export class Faults {
	private pending: PendingFault[] = [];

	/** @throws RangeError for an effect that the route cannot have. */
	add(fault: Fault): void {
		if (!appliesTo[fault.effect.kind](fault.route)) {
			throw new RangeError(`The fault "${fault.effect.kind}" does not apply to ${fault.route}`);
		}
		this.pending.push({ fault, toSkip: fault.skip ?? 0, toHit: fault.times ?? 1 });
	}

	clear(): void {
		this.pending = [];
	}

	/** Counts one call: of each sort, the first waiting fault hits it. */
	take(route: Route, path: string, provider?: string): Hits {
		return {
			answer: this.takeFirst({ route, path, provider }, isAnswerEffect),
			fate: this.takeFirst({ route, path, provider }, isFateEffect),
			webhook: this.takeFirst({ route, path, provider }, isWebhookEffect),
		};
	}

	private takeFirst<E extends Effect>(
		{ route, path, provider }: { route: Route; path: string; provider?: string },
		isWanted: (effect: Effect) => effect is E,
	): E | undefined {
		for (const entry of this.pending) {
			const { fault } = entry;
			if (fault.route !== route || !isWanted(fault.effect)) continue;
			// Storage belongs to no provider.
			if (fault.provider && provider && fault.provider !== provider) continue;
			if (fault.path !== undefined && !path.includes(fault.path)) continue;
			if (entry.toHit === 0) continue;
			if (entry.toSkip > 0) {
				entry.toSkip -= 1;
				continue;
			}
			entry.toHit -= 1;
			return fault.effect;
		}
		return undefined;
	}
}

function isFateEffect(effect: Effect): effect is FateEffect {
	switch (effect.kind) {
		case 'taskNeverEnds':
		case 'taskFails':
		case 'taskModerated':
		case 'taskUrlMissing':
		case 'taskStatus':
		case 'assetFails':
			return true;
		default:
			return false;
	}
}

function isWebhookEffect(effect: Effect): effect is WebhookEffect {
	switch (effect.kind) {
		case 'webhookLost':
		case 'webhookTwice':
		case 'webhookLate':
			return true;
		default:
			return false;
	}
}

function isAnswerEffect(effect: Effect): effect is AnswerEffect {
	return !isFateEffect(effect) && !isWebhookEffect(effect);
}
