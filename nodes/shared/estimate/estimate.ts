import type { ListedModel, Money, PixelSize, Price, ProviderAdapter } from '../providers/adapter';
import { findVideoModel, videoLimits } from '../providers/adapter';
import { readNumber, readObject, readString } from '../providers/read';
import { toIsoTime } from '../time';
import type { VideoTaskInput } from '../vocabulary';
import { automaticDuration, videoSettings } from '../videoSettings';
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
	/** Of the video itself, without the videos that it cites; the most that it can be, where the model chooses. */
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
	const found = findPrice(provider, input.model, size.resolutions, basis);
	const seconds = size.seconds ?? null;
	const tokens = size.tokens ?? null;
	const unpriced = (reason: string): Estimation => {
		if (seconds === null && tokens === null) return { estimate: null, reason };
		const isUpperBound = size.isAutomatic || (tokens !== null && size.isTokenBound);
		return { estimate: { amount: null, currency: null, basis: 'tokens', asOf: null, isUpperBound, seconds, tokens }, reason };
	};
	if (!found) return unpriced(noPrice(provider, input.model));
	const { price, ...origin } = found;
	const quantity = quantityOf(price, size);
	if (quantity === undefined) return unpriced(noQuantity(price, size));
	const isBoundBySize = { video: false, second: size.isAutomatic || size.hasVideos, millionTokens: size.isTokenBound }[price.per];
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
	/** Those that it may have: one, unless it is not known which default holds; none if nothing is known. */
	resolutions: readonly string[];
	seconds?: number;
	/** What may be billed by the second: the video, and the videos that it cites. */
	billedSeconds?: number;
	/** The model chooses the length, so that it may be shorter. */
	isAutomatic: boolean;
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
	const model = findVideoModel(provider, modelId);
	const limits = model && videoLimits(provider, model);
	const defaults = model && !model.isResolutionRequired ? (model.defaults ?? provider.video.defaults) : undefined;
	const { ratio = defaults?.ratio, durationSeconds = defaults?.durationSeconds } = settings;
	const resolutions = settings.resolution === undefined ? (defaults?.resolutions ?? []) : [settings.resolution];
	const isAutomatic = durationSeconds === automaticDuration;
	// The model may choose the longest that it makes.
	const seconds = isAutomatic ? limits?.durationSeconds.max : positive(durationSeconds);
	const videos = references.filter(({ mediaType }) => mediaType === 'video');
	// Sources contradict each other on whether cited videos are billed in full, by half or not at all.
	const max = (model?.mediaLimits ?? provider.mediaLimits)?.video.durationSeconds?.max;
	const cited = sumOf(videos.map((_, index) => videoSeconds[index] ?? (max && max + paddingSeconds)));
	const billedSeconds = seconds === undefined || cited === undefined ? undefined : seconds + Math.ceil(cited);
	const tables = resolutions.map((resolution) => entryOf(model?.tokenPixels ?? provider.tokenPixels, resolution));
	const sizes = tables.flatMap((table) => sizesOf(table, ratio));
	const hasSizes = sizes.length > 0 && tables.every((table) => table !== undefined);
	return {
		resolutions,
		seconds,
		billedSeconds,
		isAutomatic,
		hasVideos: videos.length > 0,
		tokens: hasSizes && billedSeconds !== undefined ? countTokens(sizes, billedSeconds) : undefined,
		isTokenBound: sizes.length > 1 || isAutomatic || videos.length > 0,
	};
}

/** @returns undefined for what a model that no table knows may make of it */
const positive = (seconds: number | undefined) => (seconds !== undefined && seconds > 0 ? seconds : undefined);

/** @returns all sizes of a resolution for a ratio that it has no row for, such as adaptive */
function sizesOf(table: Readonly<Record<string, PixelSize>> | undefined, ratio: string | undefined): PixelSize[] {
	const exact = entryOf(table, ratio);
	return exact ? [exact] : Object.values(table ?? {});
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
	provider: ProviderAdapter,
	model: string,
	resolutions: readonly string[],
	basis: EstimateBasis,
): FoundPrice | undefined {
	if (resolutions.length === 0) return priceFor(provider, model, undefined, basis);
	const found = resolutions.map((resolution) => priceFor(provider, model, resolution, basis));
	return found.reduce((one, other) => one && other && dearer(one, other));
}

/** @returns undefined if nobody can tell which is the dearer one */
function dearer(one: FoundPrice, other: FoundPrice): FoundPrice | undefined {
	const [a, b] = [one.price, other.price];
	if (a.amount === b.amount && a.per === b.per && a.currency === b.currency) return one;
	if (a.per !== b.per || a.currency !== b.currency) return undefined;
	const found = a.amount > b.amount ? one : other;
	return { ...found, price: { ...found.price, isUpperBound: true } };
}

function priceFor(
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

/** @returns undefined if there is no amount */
export const moneyOf = ({ amount, currency }: Estimate): Money | undefined =>
	amount === null || currency === null ? undefined : { amount, currency };

const smallestAmount = 0.000001;

/** Hides that 3 × 0.1 is 0.30000000000000004; prices have far fewer digits. What costs something never becomes 0. */
export const rounded = (amount: number) => (amount > 0 ? Math.max(Number(amount.toFixed(6)), smallestAmount) : amount);
