import type { ListedModel, Price, ProviderAdapter } from '../providers/adapter';
import { findVideoModel } from '../providers/adapter';
import { readNumber, readObject, readString } from '../providers/read';
import { toIsoTime } from '../time';
import type { VideoTaskInput } from '../vocabulary';
import { videoSettings } from '../videoSettings';
import { countTokens } from './tokens';
import { type OwnPrice, ownPriceFor } from './ownPrice';

const bases = ['yourPrice', 'livePrice', 'listPrice', 'tokens'] as const;

/**
 * What a generation is expected to cost, before it is paid. An amount that is not known is null, with a reason, and
 * never 0: nothing here is free.
 */
export interface Estimate {
	/** Null if there is no price for this generation. */
	amount: number | null;
	/** An ISO 4217 code, or the unit of the provider, e.g. `credits`; null if there is no amount. */
	currency: string | null;
	/** Where the price comes from; `tokens` where only the size of the generation is known. */
	basis: (typeof bases)[number];
	/** When the price was read: the day of the list price, the time of the live price. */
	asOf: string | null;
	/** What is billed may be less, but not more. */
	isUpperBound: boolean;
	/** Of the video itself, without the videos that it cites. */
	seconds: number | null;
	tokens: number | null;
}

/** Reads what was stored with an execution. @returns null for what is no estimate */
export function readEstimate(stored: unknown): Estimate | null {
	const { amount, currency, basis, asOf, isUpperBound, seconds, tokens } = readObject(stored);
	const knownBasis = bases.find((one) => one === basis);
	if (knownBasis === undefined) return null;
	return {
		amount: readNumber(amount) ?? null,
		currency: readString(currency) ?? null,
		basis: knownBasis,
		asOf: readString(asOf) ?? null,
		isUpperBound: isUpperBound === true,
		seconds: readNumber(seconds) ?? null,
		tokens: readNumber(tokens) ?? null,
	};
}

export interface Estimation {
	/** Null if not even its length or its tokens are known. */
	estimate: Estimate | null;
	/** Why there is no amount, and what to do about it; absent if there is one. */
	reason?: string;
}

/** What an estimate rests on. */
export interface EstimateBasis {
	/** Prices that the user has given, the one of the node alone if it has one. */
	ownPrices: readonly OwnPrice[];
	/** Models as the provider has just listed them; undefined if they were not read. */
	listed?: readonly ListedModel[];
	/** When `listed` was read, in milliseconds since the epoch. */
	listedAtMs?: number;
	/** The lengths of the cited videos, as far as they are known, in the order of the references. */
	videoSeconds: ReadonlyArray<number | undefined>;
}

/** Pure: what `input` will cost at `provider`, from the best price there is. */
export function estimateCost(
	provider: ProviderAdapter,
	input: Pick<VideoTaskInput, 'model' | 'settings' | 'references'>,
	basis: EstimateBasis,
): Estimation {
	const size = sizeOf(provider, input, basis.videoSeconds);
	const found = findPrice(provider, input.model, size.resolution, basis);
	const seconds = size.seconds ?? null;
	const tokens = size.tokens ?? null;
	const unpriced = (reason: string): Estimation => {
		if (seconds === null && tokens === null) return { estimate: null, reason };
		const isUpperBound = tokens !== null && size.isTokenBound;
		return { estimate: { amount: null, currency: null, basis: 'tokens', asOf: null, isUpperBound, seconds, tokens }, reason };
	};
	if (!found) return unpriced(noPrice(provider, input.model));
	const { price, ...origin } = found;
	const quantity = quantityOf(price, size);
	if (quantity === undefined) return unpriced(noQuantity(price, size));
	const isBoundBySize = { video: false, second: size.hasVideos, millionTokens: size.isTokenBound }[price.per];
	return {
		estimate: {
			amount: rounded(price.amount * quantity),
			currency: price.currency,
			...origin,
			isUpperBound: price.isUpperBound === true || isBoundBySize,
			seconds,
			tokens,
		},
	};
}

interface Size {
	resolution?: string;
	seconds?: number;
	/** What may be billed by the second: the video, and the videos that it cites. */
	billedSeconds?: number;
	hasVideos: boolean;
	tokens?: number;
	/** The tokens may be fewer. */
	isTokenBound: boolean;
}

/** A clip may be so much longer than its limit, see `checkMedia.ts`. */
const paddingSeconds = 0.15;

function sizeOf(
	provider: ProviderAdapter,
	{ model: modelId, settings, references }: Pick<VideoTaskInput, 'model' | 'settings' | 'references'>,
	videoSeconds: ReadonlyArray<number | undefined>,
): Size {
	// What holds for a model that no table knows, nobody has written down.
	const defaults = findVideoModel(provider, modelId) ? provider.video.defaults : undefined;
	const { resolution = defaults?.resolution, ratio = defaults?.ratio } = settings;
	const { durationSeconds = defaults?.durationSeconds } = settings;
	// -1 leaves it to the model.
	const seconds = durationSeconds !== undefined && durationSeconds > 0 ? durationSeconds : undefined;
	const videos = references.filter(({ mediaType }) => mediaType === 'video');
	// Sources contradict each other on whether cited videos are billed in full, by half or not at all.
	const max = provider.mediaLimits?.video.durationSeconds?.max;
	const cited = sumOf(videos.map((_, index) => videoSeconds[index] ?? (max && max + paddingSeconds)));
	const billedSeconds = seconds === undefined || cited === undefined ? undefined : seconds + Math.ceil(cited);
	const sizes = entryOf(provider.tokenPixels, resolution);
	const exact = entryOf(sizes, ratio);
	return {
		resolution,
		seconds,
		billedSeconds,
		hasVideos: videos.length > 0,
		tokens: sizes && billedSeconds && countTokens(exact ? [exact] : Object.values(sizes), billedSeconds),
		isTokenBound: exact === undefined || videos.length > 0,
	};
}

/** @returns undefined if one of them is not known */
const sumOf = (numbers: ReadonlyArray<number | undefined>) =>
	numbers.reduce<number | undefined>((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);

/** Every object knows names such as `constructor`, which a person may have written into a field. */
const entryOf = <Value>(table: Readonly<Record<string, Value>> | undefined, name: string | undefined) =>
	table && name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;

interface FoundPrice extends Pick<Estimate, 'basis' | 'asOf'> {
	price: Price;
}

function findPrice(
	{ priceList }: ProviderAdapter,
	model: string,
	resolution: string | undefined,
	{ ownPrices, listed = [], listedAtMs }: EstimateBasis,
): FoundPrice | undefined {
	const own = ownPriceFor(ownPrices, model, resolution);
	if (own) return { price: own.price, basis: 'yourPrice', asOf: null };
	const live = listed.find(({ id }) => id === model)?.price;
	if (live) {
		const asOf = listedAtMs === undefined ? null : (toIsoTime(listedAtMs) ?? null);
		return { price: live, basis: 'livePrice', asOf };
	}
	const published = entryOf(entryOf(priceList?.prices, model), resolution);
	return published && priceList && { price: published, basis: 'listPrice', asOf: priceList.asOf };
}

function quantityOf({ per }: Price, { billedSeconds, tokens }: Size): number | undefined {
	switch (per) {
		case 'video':
			return 1;
		case 'second':
			return billedSeconds;
		case 'millionTokens':
			return tokens === undefined ? undefined : tokens / 1_000_000;
	}
}

const noPrice = ({ displayName }: ProviderAdapter, model: string) =>
	`No price of ${displayName} is known for the model ${model || '(empty)'} with these settings. Enter yours in the credential, field Prices.`;

function noQuantity({ per }: Price, { seconds }: Size): string {
	const { resolution, ratio, durationSeconds } = videoSettings;
	if (seconds === undefined) return `How long the video will be is not known. Set ${durationSeconds.label}.`;
	if (per === 'millionTokens') {
		return `The tokens of this video cannot be counted. Set ${resolution.label} and ${ratio.label}, or enter a price per second in the credential, field Prices.`;
	}
	return 'Cited videos may be billed as well, and how long they are is not known. Enter a price per video in the credential, field Prices.';
}

/** Hides that 3 × 0.1 is 0.30000000000000004; prices have far fewer digits. */
export const rounded = (amount: number) => Number(amount.toFixed(6));
