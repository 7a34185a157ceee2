import { nothingPaid, SeedanceError } from '../../shared/errors';
import { describeMoney } from '../../shared/estimate/money';
import type { Balance, Money, ProviderAdapter } from '../../shared/providers/adapter';
import { withFullStop } from '../../shared/text';
import { type Caps, capLabels } from './caps.fields';

/** A generation that is about to be paid, or was paid earlier in the same execution. */
export interface Planned {
	itemIndex: number;
	/** Undefined if it is not known how long the video will be. */
	seconds?: number;
	/** Undefined if there is no price. */
	cost?: Money;
	/** Why there is no price. */
	reason?: string;
}

export type Earlier = Omit<Planned, 'itemIndex'>;

/**
 * Holds the generations of a run against its caps, all of them together.
 * @param earlier what the same execution has made before
 * @throws SeedanceError (budget) naming the sum, the cap and the items, or what is not known
 */
export function checkCaps(caps: Caps, planned: readonly Planned[], earlier: readonly Earlier[]): void {
	const before = earlier.length === 0 ? '' : `, and ${countOf(earlier.length)} of this execution before`;
	const all: readonly Earlier[] = [...planned, ...earlier];
	const whole = `${itemsOf(planned)}${before}`;
	if (caps.videos !== undefined && all.length > caps.videos) {
		throw refused(
			`${capLabels.videos} is ${caps.videos}, and this would be video number ${all.length} (${whole}).`,
			`Send fewer items, or raise ${capLabels.videos}.`,
		);
	}
	if (caps.seconds !== undefined) {
		requireKnown(capLabels.seconds, planned, ({ seconds }) => seconds !== undefined);
		const sum = sumOf(all.map(({ seconds = 0 }) => seconds));
		if (sum > caps.seconds) {
			const each = itemsOf(planned, ({ seconds }) => `${seconds} s`);
			throw refused(
				`${capLabels.seconds} is ${caps.seconds}, and these videos would come to ${sum} seconds (${each}${before}).`,
				`Make fewer or shorter videos, or raise ${capLabels.seconds}.`,
			);
		}
	}
	if (caps.cost !== undefined) {
		const { currency } = caps.cost;
		requireCosts(capLabels.cost, currency, planned);
		const sum = sumOf(all.map(({ cost }) => (cost?.currency === currency ? cost.amount : 0)));
		if (sum > caps.cost.amount) {
			throw refused(
				`${capLabels.cost} is ${describeMoney(caps.cost)}, and these videos are estimated at ${describeMoney({ amount: sum, currency })} (${costsOf(planned)}${before}).`,
				`Make fewer, shorter or smaller videos, or raise ${capLabels.cost}.`,
			);
		}
	}
}

/**
 * @param unbilled what other calls are about to submit, which the balance may not show yet
 * @throws SeedanceError (budget) if the account would have less than `keep`, or nobody can tell
 */
export function checkBalance(keep: number, balance: Balance, planned: readonly Planned[], unbilled: readonly Money[] = []): void {
	const { currency } = balance;
	requireCosts(capLabels.balance, currency, planned);
	const sum = sumOf(planned.map(({ cost }) => cost?.amount ?? 0));
	const others = sumOf(unbilled.map((cost) => (cost.currency === currency ? cost.amount : 0)));
	const left = round(balance.amount - others - sum);
	if (left >= keep) return;
	const beside = others === 0 ? '' : `, others that are being submitted at ${describeMoney({ amount: others, currency })}`;
	throw refused(
		`${capLabels.balance} is ${describeMoney({ amount: keep, currency })}. The account has ${describeMoney(balance)}, and these videos are estimated at ${describeMoney({ amount: sum, currency })} (${costsOf(planned)})${beside}.`,
		`Top up the account, make fewer, shorter or smaller videos, or lower ${capLabels.balance}.`,
	);
}

export const balanceUnknown = ({ displayName }: ProviderAdapter, cause: SeedanceError) =>
	new SeedanceError(`${capLabels.balance} is set, but the balance of the ${displayName} account cannot be read: ${withFullStop(cause.message)}`, {
		...cause.details,
		nothingAccepted: 'notSent',
		description: `${cause.details.description ?? ''} Run this again, or remove ${capLabels.balance}. ${nothingPaid}`.trim(),
	});

const refused = (message: string, advice: string) =>
	new SeedanceError(message, { reason: 'budget', nothingAccepted: 'notSent', description: `${advice} ${nothingPaid}` });

function requireKnown(cap: string, planned: readonly Planned[], isKnown: (one: Planned) => boolean): void {
	const unknown = planned.filter((one) => !isKnown(one));
	if (unknown.length === 0) return;
	throw refused(
		`${cap} is set, but how long the video will be is not known of ${itemsOf(unknown)}.`,
		`Set the duration of the video, or remove ${cap}.`,
	);
}

/** An amount that is not known, or is in another currency, could be any. */
function requireCosts(cap: string, currency: string, planned: readonly Planned[]): void {
	const unknown = planned.filter(({ cost }) => !cost);
	if (unknown.length > 0) {
		throw refused(
			`${cap} is set, but there is no price to estimate ${itemsOf(unknown)} by.`,
			`${unknown[0]?.reason ?? ''} ${capLabels.seconds} and ${capLabels.videos} work without a price.`.trim(),
		);
	}
	const other = planned.find(({ cost }) => cost?.currency !== currency);
	if (!other?.cost) return;
	throw refused(
		`${cap} is in ${currency}, but the estimate of item ${other.itemIndex} is in ${other.cost.currency}.`,
		`Enter your prices in ${currency}, or set the cap in ${other.cost.currency}.`,
	);
}

const maxNamedItems = 10;

/** @returns e.g. "item 0: 5 s, item 1: 10 s" */
function itemsOf(planned: readonly Planned[], tell?: (one: Planned) => string): string {
	const named = planned.slice(0, maxNamedItems).map((one) => `item ${one.itemIndex}${tell ? `: ${tell(one)}` : ''}`);
	const more = planned.length - named.length;
	return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

const costsOf = (planned: readonly Planned[]) => itemsOf(planned, ({ cost }) => (cost ? describeMoney(cost) : 'unknown'));

const countOf = (count: number) => (count === 1 ? 'one video' : `${count} videos`);

const sumOf = (numbers: readonly number[]) => round(numbers.reduce((sum, one) => sum + one, 0));

/** 3 × 0.1 is not more than 0.3. */
const round = (amount: number) => Number(amount.toFixed(6));
