import { refuse } from './errors';
import type { PiapiPlan } from './options';

interface Quota {
	maxAssets: number;
	/** An asset that is idle this long is purged. */
	idleDays: number;
}

/** The document's table of plans. */
const quotas: Record<Exclude<PiapiPlan, 'free'>, Quota> = {
	hobbyist: { maxAssets: 50, idleDays: 3 },
	developer: { maxAssets: 200, idleDays: 7 },
	premium: { maxAssets: 500, idleDays: 15 },
	enterprise: { maxAssets: 1000, idleDays: 15 },
};

/** @throws Refusal for a plan without assets. */
export function quotaOf(plan: PiapiPlan): Quota {
	if (plan === 'free') throw refuse(403, 'asset endpoints require account plan >= hobbyist');
	return quotas[plan];
}
