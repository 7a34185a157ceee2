import { SeedanceError, UnsureError } from '../../shared/errors';
import { type EstimateBasis, estimateCost, type Estimation, moneyOf } from '../../shared/estimate/estimate';
import { mapWithin } from '../../shared/limiter';
import { maxFilesAtOnce } from '../../shared/media/binaryFile';
import { probeMedia } from '../../shared/media/probe/probe';
import { perRun, type Session } from '../../shared/node/operation';
import { type Outcome, outcomeOf } from '../../shared/outcome';
import type { Money } from '../../shared/providers/adapter';
import { callProvider } from '../../shared/request/callProvider';
import type { Medium } from '../../shared/vocabulary';
import { listedModels } from '../checks/listedModels';
import type { PlannedInput } from '../submission/fingerprint';
import { knownCallOf } from '../submission/requestedVideo';
import { type Caps, readCaps, strictest } from './caps.fields';
import { balanceUnknown, checkBalance, checkCaps, type Planned } from './checkCaps';
import { readOwnPrices } from './prices.fields';
import { readReservations, type Reservation, reserve } from './reservations';
import { countUnbilled } from './unbilled';

/** What one generation will cost, and whether the caps of the run allow it. */
export interface Budget {
	/** What was going to be paid again was found. Call this before all else. */
	isPaidBefore(): void;
	/**
	 * May ask the provider for its prices, which is free.
	 * @param billed what is billed, if that is not what is sent
	 */
	estimate(billed?: PlannedInput): Promise<Estimation>;
	/** Counts the generation; call this for every item that has passed its other checks. */
	join(estimation: Estimation): void;
	/**
	 * Holds all that have joined against the caps together, once for the run, and free of charge.
	 * @throws InputError or SeedanceError (budget): none of them may be paid
	 */
	approve(): Promise<void>;
	/** Sends the paid request. It counts for all that this execution does later, unless it is certain that nothing was accepted. */
	pay<Answer>(send: () => Promise<Answer>): Promise<Answer>;
	/** The submission has ended, whatever came of it: from now on the balance of the account shows it. */
	submitted(outcome: Outcome<unknown>): void;
}

/**
 * Whether a generation is going to be paid (`new`), may have been paid and is going to be paid again (`again`), was paid
 * by an earlier attempt, or is only asked about (`check`).
 */
type Purpose = 'new' | 'again' | 'paidBefore' | 'check';

/** @throws InputError for a price or a cap that cannot be one; not for what is paid already */
export async function openBudget(session: Session, input: PlannedInput, purposeAtFirst: Purpose): Promise<Budget> {
	let purpose = purposeAtFirst;
	const fields = await outcomeOf(readFields(session, input));
	// Whatever the fields say now must not stand in the way of a video that is paid.
	if (!fields.ok && purpose !== 'paidBefore') throw fields.error;
	const { caps, ownPrices } = fields.ok ? fields.value : { caps: {}, ownPrices: [] };
	// Here and not in the estimate, which is made for all items at the same time.
	const videoSeconds = await lengthsOfVideos(input);
	const { context, itemIndex, run } = session;
	let member: Member | undefined;
	return {
		isPaidBefore: () => void (purpose = 'paidBefore'),
		estimate: async (billed = input) => await estimate(session, billed, { ownPrices, videoSeconds }, purpose !== 'paidBefore'),
		join(estimation) {
			const call = knownCallOf(context, itemIndex) ?? `item ${itemIndex}`;
			member = { itemIndex, call, caps, estimation, purpose };
			membersOf(session).push(member);
		},
		async approve() {
			if (purpose !== 'paidBefore') await approvalOf(session);
		},
		async pay(send) {
			member?.reservation?.keep();
			const sent = await outcomeOf(send());
			if (sent.ok) return sent.value;
			const isNothingAccepted = sent.error instanceof SeedanceError && sent.error.details.nothingAccepted !== undefined;
			if (isNothingAccepted) member?.reservation?.release();
			throw sent.error;
		},
		submitted(outcome) {
			// Without being sent now: an execution that was killed has paid for it, or may have.
			const isInDoubt = !outcome.ok && outcome.error instanceof UnsureError && run.doubts.has(itemIndex);
			if (isInDoubt || (outcome.ok && purpose === 'new')) member?.reservation?.keep();
			member?.endUnbilled?.();
		},
	};
}

async function readFields(session: Session, { model }: PlannedInput) {
	return {
		caps: readCaps(session.parameters.collection('options', 'Options'), session.provider),
		ownPrices: await readOwnPrices(session, model),
	};
}

/** @param asksForPrices whether the provider may be asked for its prices of the moment, where it tells them */
async function estimate(
	session: Session,
	input: PlannedInput,
	basis: Pick<EstimateBasis, 'ownPrices' | 'videoSeconds'>,
	asksForPrices: boolean,
): Promise<Estimation> {
	const { provider } = session;
	const estimation = estimateCost(provider, input, basis);
	if (estimation.estimate?.basis === 'yourPrice' || !provider.listsPrices || !asksForPrices) return estimation;
	const list = await listedModels(session);
	return estimateCost(provider, input, { ...basis, listed: list?.models, listedAtMs: list?.readAtMs });
}

async function lengthsOfVideos({ references }: PlannedInput): Promise<Array<number | undefined>> {
	const videos = references.filter(({ mediaType }) => mediaType === 'video');
	return await mapWithin(maxFilesAtOnce, videos, async ({ medium }) => await lengthOf(medium));
}

/** @returns seconds, undefined for anything but a file that can be read: an estimate must not stop a generation */
async function lengthOf(medium: Medium): Promise<number | undefined> {
	if (!('file' in medium)) return undefined;
	const facts = await outcomeOf(probeMedia(medium.file));
	return facts.ok ? facts.value?.durationSeconds : undefined;
}

interface Member {
	itemIndex: number;
	/** By which a repeat of the same call is known. */
	call: string;
	estimation: Estimation;
	caps: Caps;
	purpose: Purpose;
	/** Set if it is going to be paid and there are caps. */
	reservation?: Reservation;
	/** Set while the balance does not show its cost. */
	endUnbilled?: () => void;
}

const membersOf = perRun((): Member[] => []);
const approvalOf = perRun(async (session) => await approveAll(session, membersOf(session)));

async function approveAll(session: Session, members: readonly Member[]): Promise<void> {
	const { context, connection, provider, run } = session;
	const caps = strictest(members.map((member) => member.caps));
	if (Object.values(caps).every((cap) => cap === undefined)) return;
	const memory = context.getContext('node');
	const reservations = readReservations(memory);
	const reservedCalls = new Set(reservations.map(({ call }) => call));
	// What was paid before counts as it was reserved: the price of then is not asked for again.
	const planned = members.filter(({ call, purpose }) => purpose !== 'paidBefore' || !reservedCalls.has(call));
	checkCaps(caps, planned.map(toPlanned), reservations);
	// Before anything is awaited, so that two calls of an agent at the same moment cannot both use what is left.
	const fresh = members.filter(({ purpose }) => purpose === 'new' || purpose === 'again');
	for (const member of fresh) {
		const reservation = reserve(memory, { call: member.call, ...toPlanned(member) });
		member.reservation = reservation;
		run.onEnd(() => reservation.end());
	}
	if (caps.balance === undefined || !provider.balance) return;
	const unbilledBefore = countUntilSubmitted(session, fresh);
	const balance = await outcomeOf(callProvider(connection, provider.balance, undefined));
	if (!balance.ok) {
		if (!(balance.error instanceof SeedanceError)) throw balance.error;
		throw balanceUnknown(provider, balance.error);
	}
	const unpaid = members.filter(({ purpose }) => purpose !== 'paidBefore');
	checkBalance(caps.balance, balance.value, unpaid.map(toPlanned), unbilledBefore);
}

/** @returns what was approved before for the same account and is not submitted yet */
function countUntilSubmitted({ connection, run }: Session, members: readonly Member[]): Money[] {
	const costs = new Map(members.flatMap((member) => {
		const { cost } = toPlanned(member);
		return cost ? [[member, cost] as const] : [];
	}));
	const { before, end } = countUnbilled(connection, [...costs.values()]);
	for (const [member, cost] of costs) {
		member.endUnbilled = () => end(cost);
		run.onEnd(member.endUnbilled);
	}
	return before;
}

const toPlanned = ({ itemIndex, estimation: { estimate, reason } }: Member): Planned => ({
	itemIndex,
	seconds: estimate?.seconds ?? undefined,
	cost: estimate ? moneyOf(estimate) : undefined,
	reason,
});
