import type { IDataObject } from 'n8n-workflow';
import { SeedanceError } from '../../shared/errors';
import { type EstimateBasis, estimateCost, type Estimation, moneyOf } from '../../shared/estimate/estimate';
import { mapWithin } from '../../shared/limiter';
import { maxFilesAtOnce } from '../../shared/media/binaryFile';
import { probeMedia } from '../../shared/media/probe/probe';
import { perRun, type Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import type { Money } from '../../shared/providers/adapter';
import { isObject, readNumber, readString } from '../../shared/providers/read';
import { callProvider } from '../../shared/request/callProvider';
import type { Medium } from '../../shared/vocabulary';
import { listedModels } from '../checks/listedModels';
import type { PlannedInput } from '../submission/fingerprint';
import { knownCallOf } from '../submission/requestedVideo';
import { type Caps, readCaps, strictest } from './caps.fields';
import { balanceUnknown, checkBalance, checkCaps, type Planned } from './checkCaps';
import { readOwnPrices } from './prices.fields';
import { countUnbilled } from './unbilled';

/** What one generation will cost, and whether the caps of the run allow it. */
export interface Budget {
	/** May ask the provider for its prices, which is free. */
	estimate(): Promise<Estimation>;
	/** Counts the generation; call this for every item that has passed its other checks. */
	join(estimation: Estimation): void;
	/**
	 * Holds all that have joined against the caps together, once for the run, and free of charge.
	 * @throws InputError or SeedanceError (budget): none of them may be paid
	 */
	approve(): Promise<void>;
	/** The paid request has ended, whatever came of it: from now on the balance of the account shows it. */
	submitted(): void;
}

/**
 * Whether a generation is going to be paid (`new`), may have been paid and is going to be paid again (`again`), was paid
 * by an earlier attempt, or is only asked about (`check`).
 */
type Purpose = 'new' | 'again' | 'paidBefore' | 'check';

/** @throws InputError for a price or a cap that cannot be one; not for what is paid already */
export async function openBudget(session: Session, input: PlannedInput, purpose: Purpose): Promise<Budget> {
	const fields = await outcomeOf(readFields(session, input));
	// Whatever the fields say now must not stand in the way of a video that is paid.
	if (!fields.ok && purpose !== 'paidBefore') throw fields.error;
	const { caps, ownPrices } = fields.ok ? fields.value : { caps: {}, ownPrices: [] };
	// Here and not in the estimate, which is made for all items at the same time.
	const videoSeconds = await lengthsOfVideos(input);
	const { context, itemIndex } = session;
	let member: Member | undefined;
	return {
		estimate: async () => await estimate(session, input, { ownPrices, videoSeconds }, purpose !== 'paidBefore'),
		join(estimation) {
			const call = knownCallOf(context, itemIndex) ?? `item ${itemIndex}`;
			member = { itemIndex, call, caps, estimation, purpose };
			membersOf(session).push(member);
		},
		async approve() {
			if (purpose !== 'paidBefore') await approvalOf(session);
		},
		submitted: () => member?.endUnbilled?.(),
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
	// The reservation of what may have been paid stays beside that of its repeat: both can be billed.
	const plannedCalls = new Set(planned.flatMap(({ call, purpose }) => (purpose === 'again' ? [] : call)));
	const earlier = reservations.filter(({ call }) => !plannedCalls.has(call));
	checkCaps(caps, planned.map(toPlanned), earlier);
	// Before anything is awaited, so that two calls of an agent at the same moment cannot both use what is left.
	const fresh = members.filter(({ purpose }) => purpose === 'new' || purpose === 'again');
	for (const member of fresh) {
		const key = reservationKey(member, memory);
		memory[key] = toReservation(member);
		run.onEnd(() => {
			const mayBePaid = run.acceptedTaskIds.has(member.itemIndex) || run.doubts.has(member.itemIndex);
			if (!mayBePaid) Reflect.deleteProperty(memory, key);
		});
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

/*
 * What this execution has paid for, or may have, as far as it had caps: kept in the data of the execution, so that a
 * cap holds for all runs of a loop, all calls of an agent, and a retry.
 */

const prefix = 'budget ';

/** @returns a key of its own for each request that can be billed */
function reservationKey({ call, purpose }: Member, memory: IDataObject): string {
	const first = prefix + call;
	if (purpose !== 'again') return first;
	let repeat = 1;
	while (`${first}, repeat ${repeat}` in memory) repeat++;
	return `${first}, repeat ${repeat}`;
}

function toReservation(member: Member): IDataObject {
	const { seconds, cost } = toPlanned(member);
	return { call: member.call, ...(seconds !== undefined && { seconds }), ...cost };
}

function readReservations(memory: IDataObject): Array<Omit<Planned, 'itemIndex'> & { call: string }> {
	return Object.entries(memory).flatMap(([key, stored]) => {
		if (!key.startsWith(prefix) || !isObject(stored)) return [];
		const amount = readNumber(stored.amount);
		const currency = readString(stored.currency);
		return {
			call: key.slice(prefix.length),
			seconds: readNumber(stored.seconds),
			cost: amount === undefined || currency === undefined ? undefined : { amount, currency },
		};
	});
}
