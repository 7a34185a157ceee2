import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import { piapi } from '../../nodes/shared/providers/piapi';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	VideoSettings,
	VideoTaskInput,
} from '../../nodes/shared/vocabulary';

const references = (counts: Partial<Record<MediaType, number>>): MediaReference[] =>
	Object.entries(counts).flatMap(([mediaType, count]) =>
		Array.from({ length: count }, (_, index) => ({
			mediaType: mediaType as MediaType,
			role: 'reference' as const,
			url: `asset://${mediaType}-${index + 1}`,
		})),
	);

const check = (input: Partial<VideoTaskInput>) =>
	checkVideoTaskInput(anyfast, {
		model: 'seedance',
		mode: 'textToVideo',
		prompt: 'A cat plays the piano',
		references: [],
		settings: {},
		...input,
	});

const fieldsOf = (input: Partial<VideoTaskInput>) => check(input).map(({ field }) => field);

describe('References', () => {
	it.each<[GenerationMode, Partial<Record<MediaType, number>>, string[]]>([
		['textToVideo', {}, []],
		['textToVideo', { image: 1 }, ['Images']],
		['firstFrame', { image: 1 }, []],
		['firstFrame', {}, ['Images']],
		['firstFrame', { image: 2 }, ['Images']],
		['firstAndLastFrame', { image: 2 }, []],
		['firstAndLastFrame', { image: 1 }, ['Images']],
		['firstAndLastFrame', { image: 2, video: 1 }, ['Videos']],
		['multimodalReference', { image: 9, video: 3, audio: 3 }, []],
		['multimodalReference', { image: 10 }, ['Images']],
		['multimodalReference', { video: 4 }, ['Videos']],
		['multimodalReference', { image: 1, audio: 4 }, ['Audio Clips']],
		['multimodalReference', { audio: 1 }, ['Images, Videos']],
		['multimodalReference', {}, ['Images, Videos']],
		['videoEditing', { image: 1, video: 1 }, []],
		['videoEditing', { video: 1 }, ['Images']],
		['videoEditing', { image: 1 }, ['Videos']],
		['videoEditing', { image: 1, video: 1, audio: 1 }, ['Audio Clips']],
		['videoExtension', { video: 3 }, []],
		['videoExtension', { video: 4 }, ['Videos']],
		['videoExtension', { image: 1, video: 1 }, ['Images']],
	])('of %s as %j give problems with %j', (mode, counts, expected) => {
		expect(fieldsOf({ mode, references: references(counts) })).toEqual(expected);
	});

	it('name what is allowed and what was given', () => {
		expect(check({ mode: 'multimodalReference', references: references({ image: 10 }) })).toEqual([
			{ field: 'Images', allowed: 'Multimodal Reference takes 0 to 9', given: '10' },
		]);
	});

	it.each<[MediaType, string, string[]]>([
		['image', 'https://example.com/a.png', []],
		['image', 'data:image/png;base64,iVBORw0KGgo=', []],
		['image', 'asset://asset-1', []],
		['image', 'data:audio/mpeg;base64,SUQz', ['Images 1']],
		['image', 'ftp://example.com/a.png', ['Images 1']],
		['image', 'face.png', ['Images 1']],
		['image', '', ['Images 1']],
		['image', 'asset://', ['Images 1']],
		['video', 'https://example.com/a.mp4', []],
		['video', 'data:video/mp4;base64,AAAA', ['Videos 1']],
	])('of type %s at %p give problems with %j', (mediaType, url, expected) => {
		const visual: MediaReference = { mediaType, role: 'reference', url };
		expect(fieldsOf({ mode: 'multimodalReference', references: [visual] })).toEqual(expected);
	});

	it('explain that a video in a request has to become an asset', () => {
		const [problem] = check({
			mode: 'videoExtension',
			references: [{ mediaType: 'video', role: 'reference', url: `data:video/mp4;base64,${'A'.repeat(500)}` }],
		});
		expect(problem?.allowed).toContain('create an asset');
		expect(problem?.given).toHaveLength(61);
	});
});

describe('Prompt', () => {
	it.each<[GenerationMode, Partial<Record<MediaType, number>>, string[]]>([
		['textToVideo', {}, ['Prompt']],
		['videoEditing', { image: 1, video: 1 }, ['Prompt']],
		['videoExtension', { video: 1 }, ['Prompt']],
		['firstFrame', { image: 1 }, []],
		['firstAndLastFrame', { image: 2 }, []],
		['multimodalReference', { image: 1 }, []],
	])('may be empty or not in %s', (mode, counts, expected) => {
		expect(fieldsOf({ mode, prompt: ' ', references: references(counts) })).toEqual(expected);
	});

	it.each([
		['1000 words', 'word '.repeat(1000), []],
		['1001 words', 'word '.repeat(1001), ['Prompt']],
		['500 Chinese characters', '猫'.repeat(500), []],
		['501 Chinese characters', '猫'.repeat(501), ['Prompt']],
		['500 Chinese characters with punctuation', '猫,'.repeat(500), []],
	])('of %s', (_name, prompt, expected) => {
		expect(fieldsOf({ prompt })).toEqual(expected);
	});

	it.each([
		['@image1 and @Image2', { image: 2 }, []],
		['@image3', { image: 2 }, ['@image3']],
		['@image0', { image: 2 }, ['@image0']],
		['@image1 in @video1 with @audio1', { image: 1 }, ['@video1', '@audio1']],
		['mail me@imagery.com', { image: 1 }, []],
	])('%p may only cite what is there', (prompt, counts, expected) => {
		const problems = check({ mode: 'multimodalReference', prompt, references: references(counts) });
		expect(problems.map(({ given }) => given)).toEqual(expected);
	});

	it.each<[string, Partial<Record<MediaType, number>>, string[]]>([
		['Image 1 beside Image 2', { image: 2 }, []],
		['Image 1 beside Image 3, @image3 and @video1', { image: 2 }, ['@image3', '@video1', 'Image 3']],
		['Image 1 in Video 1', { image: 1 }, ['Video 1']],
		['the image 7 of a row, and Imagery 9', { image: 1 }, []],
		['a tape that says Video 8', {}, []],
	])('%p may cite by name what is there, where the provider reads that', (prompt, counts, expected) => {
		const cited = references(counts);
		const input = { mode: cited.length > 0 ? 'multimodalReference' : 'textToVideo', prompt, references: cited } as const;
		const model = 'seedance-2-less-restriction';
		const problems = checkVideoTaskInput(piapi, { model, settings: {}, ...input });
		expect(problems.map(({ given }) => given)).toEqual(expected);
		expect(check(input).map(({ given }) => given)).toEqual(expected.filter((given) => given.startsWith('@')));
	});

	it('is told which names there are', () => {
		const input = { model: 'seedance-2-less-restriction', mode: 'multimodalReference', settings: {} } as const;
		expect(checkVideoTaskInput(piapi, { ...input, prompt: 'Image 5', references: references({ image: 4 }) })).toEqual([
			{ field: 'Prompt', allowed: 'Image 1 to Image 4; in lower case if it cites nothing', given: 'Image 5' },
		]);
	});
});

describe('Settings', () => {
	it.each<[VideoSettings, string[]]>([
		[{}, []],
		[{ durationSeconds: 4 }, []],
		[{ durationSeconds: 15 }, []],
		[{ durationSeconds: 3 }, ['Duration (Seconds)']],
		[{ durationSeconds: 16 }, ['Duration (Seconds)']],
		[{ durationSeconds: 5.5 }, ['Duration (Seconds)']],
		[{ resolution: '1080p' }, []],
		[{ resolution: '4k' }, ['Resolution']],
		[{ ratio: 'adaptive' }, []],
		[{ ratio: '2:1' }, ['Aspect Ratio']],
		[{ seed: -1 }, []],
		[{ seed: 4294967295 }, []],
		[{ seed: -2 }, ['Seed']],
		[{ seed: 4294967296 }, ['Seed']],
		[{ webSearch: true }, []],
	])('%j give problems with %j', (settings, expected) => {
		expect(fieldsOf({ settings })).toEqual(expected);
	});

	it('allow web search in Text to Video only', () => {
		expect(
			fieldsOf({ mode: 'firstFrame', references: references({ image: 1 }), settings: { webSearch: true } }),
		).toEqual(['Web Search']);
	});

	it('depend on the model', () => {
		expect(check({ model: 'seedance-fast', settings: { resolution: '1080p' } })).toEqual([
			{ field: 'Resolution', allowed: 'Seedance 2.0 Fast at AnyFast offers 480p, 720p', given: '1080p' },
		]);
	});

	it('of a model that the documents do not know are left to the provider', () => {
		expect(fieldsOf({ model: 'seedance-9', settings: { resolution: '8k', durationSeconds: 60 } })).toEqual([]);
	});

	it('with several mistakes are all named at once', () => {
		expect(
			fieldsOf({ model: '', prompt: '', settings: { seed: 0.5 } }),
		).toEqual(['Model', 'Prompt', 'Seed']);
	});
});
