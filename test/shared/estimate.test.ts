import { estimateCost, readEstimate } from '../../nodes/shared/estimate/estimate';
import { describeMoney } from '../../nodes/shared/estimate/money';
import type { OwnPrice } from '../../nodes/shared/estimate/ownPrice';
import { alad } from '../../nodes/shared/providers/alad';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import type { Price, ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { apiframe } from '../../nodes/shared/providers/apiframe';
import { piapi } from '../../nodes/shared/providers/piapi';
import type { MediaReference } from '../../nodes/shared/vocabulary';
import type { VideoSettings } from '../../nodes/shared/videoSettings';

/** What a generation will cost, from what is known before it is paid. */

const estimate = (
	provider: ProviderAdapter,
	model: string,
	settings: VideoSettings = {},
	basis: Partial<Parameters<typeof estimateCost>[2]> = {},
	references: MediaReference[] = [],
) => estimateCost(provider, { model, settings, references }, { ownPrices: [], videoSeconds: [], ...basis });

const clip: MediaReference = {
	mediaType: 'video',
	role: 'reference',
	medium: { kind: 'url', url: 'https://example.com/clip.mp4' },
	by: 'asGiven',
};
const perSecond = (amount: number, currency = 'USD'): Price => ({ amount, currency, per: 'second' });

it('A price is never 0, however small', () => {
	const { estimate: made } = estimate(piapi, 'seedance-2', { resolution: '720p', durationSeconds: 5 }, { ownPrices: [{ price: perSecond(1e-8) }] });
	expect(made).toMatchObject({ amount: 0.000001, basis: 'yourPrice' });
	expect(describeMoney({ amount: made?.amount ?? 0, currency: 'USD' })).toBe('0.000001 USD');
});

describe('Tokens', () => {
	// The sample answers of the gateway; 480p has 864 × 496 pixels in its document.
	it.each([
		['720p', '16:9', 5, 108_900],
		['720p', '16:9', 10, 216_900],
		['720p', '16:9', 15, 324_900],
		['1080p', '16:9', 5, 245_025],
		['480p', '16:9', 5, 50_639],
	])('of %s %s for %i s are %i', (resolution, ratio, durationSeconds, tokens) => {
		for (const provider of [anyfast, alad]) {
			expect(estimate(provider, 'seedance', { resolution, ratio, durationSeconds })).toEqual({
				estimate: {
					amount: null,
					currency: null,
					basis: 'tokens',
					asOf: null,
					isUpperBound: false,
					seconds: durationSeconds,
					tokens,
				},
				reason: expect.stringContaining('field Prices'),
			});
		}
	});

	it('of a ratio that the model chooses are an upper bound', () => {
		const { estimate: found } = estimate(anyfast, 'seedance');
		expect(found).toMatchObject({ seconds: 5, tokens: 109_587, isUpperBound: true });
	});

	it('count cited videos, of unknown length as long as they may be', () => {
		const settings = { resolution: '720p', ratio: '16:9', durationSeconds: 5 };
		const { estimate: known } = estimate(anyfast, 'seedance', settings, { videoSeconds: [3] }, [clip]);
		const { estimate: unknown } = estimate(anyfast, 'seedance', settings, {}, [clip]);
		expect(known).toMatchObject({ seconds: 5, tokens: 173_700, isUpperBound: true });
		expect(unknown?.tokens).toBe(Math.ceil((1280 * 720 * (24 * 21 + 1)) / 1024));
	});
});

describe('A price', () => {
	it.each([
		['seedance-2', '480p', 0.5],
		['seedance-2', '720p', 1],
		['seedance-2', '1080p', 2.5],
		['seedance-2-fast', '720p', 0.48],
		['seedance-2-mini', '480p', 0.21],
		['seedance-2.5', '1080p', 4],
	])('of the list: %s at %s for 5 s', (model, resolution, amount) => {
		expect(estimate(piapi, model, { resolution }).estimate).toEqual({
			amount,
			currency: 'USD',
			basis: 'listPrice',
			asOf: '2026-11-28',
			isUpperBound: false,
			seconds: 5,
			tokens: null,
		});
	});

	it('on which sources contradict each other is the highest of them, and says that it is a bound', () => {
		const { estimate: twin } = estimate(piapi, 'seedance-2-less-restriction', { resolution: '720p' });
		expect(twin).toMatchObject({ amount: 1.1, isUpperBound: true });
		const { estimate: byDefault } = estimate(piapi, 'seedance-2');
		expect(byDefault).toMatchObject({ amount: 1, isUpperBound: true });
		const { estimate: withClip } = estimate(piapi, 'seedance-2', { resolution: '720p' }, { videoSeconds: [2.5] }, [clip]);
		expect(withClip).toMatchObject({ amount: 1.6, isUpperBound: true, seconds: 5 });
	});

	it('of the moment comes before that of a list, and the own one before both', () => {
		const listed = [{ id: 'seedance-2', price: { ...perSecond(90, 'credits'), isUpperBound: true as const } }];
		const listedAtMs = Date.UTC(2026, 10, 28, 9);
		expect(estimate(apiframe, 'seedance-2', {}, { listed, listedAtMs }).estimate).toMatchObject({
			amount: 720,
			currency: 'credits',
			basis: 'livePrice',
			asOf: '2026-11-28T09:00:00.000Z',
			isUpperBound: true,
			seconds: 8,
		});
		const ownPrices: OwnPrice[] = [{ price: perSecond(0.3, 'EUR') }];
		expect(estimate(apiframe, 'seedance-2', {}, { listed, listedAtMs, ownPrices }).estimate).toMatchObject({
			amount: 2.4,
			currency: 'EUR',
			basis: 'yourPrice',
			asOf: null,
			isUpperBound: false,
		});
	});

	it('of the own ones is the one that is most exactly for this generation', () => {
		const ownPrices: OwnPrice[] = [
			{ price: perSecond(1) },
			{ resolution: '720p', price: perSecond(2) },
			{ model: 'seedance', price: perSecond(3) },
			{ model: 'seedance', resolution: '1080p', price: perSecond(4) },
			{ model: 'seedance-fast', price: perSecond(5) },
		];
		const priceOf = (model: string, resolution: string) =>
			(estimate(anyfast, model, { resolution, durationSeconds: 10 }, { ownPrices }).estimate?.amount ?? 0) / 10;
		expect(priceOf('seedance', '1080p')).toBe(4);
		expect(priceOf('seedance', '720p')).toBe(3);
		expect(priceOf('seedance-fast', '720p')).toBe(5);
		expect(priceOf('seedance-2.5', '720p')).toBe(2);
		expect(priceOf('seedance-2.5', '480p')).toBe(1);
	});

	it('of a video or of a million tokens counts these', () => {
		const settings = { resolution: '720p', ratio: '16:9', durationSeconds: 5 };
		const by = (per: Price['per'], amount: number) =>
			estimate(anyfast, 'seedance', settings, { ownPrices: [{ price: { amount, currency: 'USD', per } }] }).estimate;
		expect(by('video', 0.7)).toMatchObject({ amount: 0.7, isUpperBound: false });
		expect(by('millionTokens', 7)).toMatchObject({ amount: 0.7623, tokens: 108_900, isUpperBound: false });
	});

	it('is never made up', () => {
		const unknown = [
			estimate(piapi, 'seedance-9'),
			estimate(piapi, 'constructor', { resolution: 'toString' }),
			estimate(apiframe, 'seedance-2', {}, { listed: [{ id: 'seedance-2' }] }),
			estimate(anyfast, 'seedance-2.5', { durationSeconds: -1 }),
			estimate(anyfast, 'seedance-9', { durationSeconds: -1 }, { ownPrices: [{ price: perSecond(1) }] }),
			estimate(apiframe, 'seedance-2', {}, { ownPrices: [{ price: { amount: 7, currency: 'USD', per: 'millionTokens' } }] }),
			// How long it is, no document of Apiframe limits.
			estimate(apiframe, 'seedance-2', {}, { ownPrices: [{ price: perSecond(1) }] }, [clip]),
		];
		for (const { estimate: found, reason } of unknown) {
			expect(found?.amount ?? null).toBeNull();
			expect(reason).toMatch(/\.$/);
		}
	});
});

it('An estimate is read back as it was stored, and nothing else is taken for one', () => {
	const { estimate: found } = estimate(piapi, 'seedance-2');
	expect(readEstimate(JSON.parse(JSON.stringify(found)))).toEqual(found);
	for (const other of [null, undefined, 'x', {}, { basis: 'guess' }]) expect(readEstimate(other)).toBeNull();
});

it.each([
	[{ amount: 1.1, currency: 'USD' }, '1.10 USD'],
	[{ amount: 0.1 + 0.2, currency: 'EUR' }, '0.30 EUR'],
	[{ amount: 0.0465, currency: 'USD' }, '0.0465 USD'],
	[{ amount: 160, currency: 'credits' }, '160 credits'],
])('%j is told as %s', (money, words) => {
	expect(describeMoney(money)).toBe(words);
});
