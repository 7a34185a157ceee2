import type { Ratio, Resolution } from './gateway/generationRequest';

export interface PixelSize {
	width: number;
	height: number;
}

type Row = Record<Ratio, readonly [width: number, height: number]>;

/** The document's "Resolution pixel values"; 2k and 4k are not in it: 1080p times 4/3, and times 2. */
const table: Record<Resolution, Row> = {
	'480p': {
		'16:9': [864, 496],
		'4:3': [752, 560],
		'1:1': [640, 640],
		'3:4': [560, 752],
		'9:16': [496, 864],
		'21:9': [992, 432],
	},
	'720p': {
		'16:9': [1280, 720],
		'4:3': [1112, 834],
		'1:1': [960, 960],
		'3:4': [834, 1112],
		'9:16': [720, 1280],
		'21:9': [1470, 630],
	},
	'1080p': {
		'16:9': [1920, 1080],
		'4:3': [1664, 1248],
		'1:1': [1440, 1440],
		'3:4': [1248, 1664],
		'9:16': [1080, 1920],
		'21:9': [2208, 944],
	},
	'2k': {
		'16:9': [2560, 1440],
		'4:3': [2218, 1664],
		'1:1': [1920, 1920],
		'3:4': [1664, 2218],
		'9:16': [1440, 2560],
		'21:9': [2944, 1258],
	},
	'4k': {
		'16:9': [3840, 2160],
		'4:3': [3328, 2496],
		'1:1': [2880, 2880],
		'3:4': [2496, 3328],
		'9:16': [2160, 3840],
		'21:9': [4416, 1888],
	},
};

export function pixelSize(resolution: keyof typeof table, ratio: Ratio): PixelSize {
	const [width, height] = table[resolution][ratio];
	return { width, height };
}

/** The documented ratio nearest to a picture, which is what `adaptive` comes to. */
export function nearestRatio({ width, height }: PixelSize): Ratio {
	const wanted = Math.log(width / height);
	const distance = (ratio: Ratio) => {
		const [across = 1, down = 1] = ratio.split(':').map(Number);
		return Math.abs(Math.log(across / down) - wanted);
	};
	const candidates: Ratio[] = ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9'];
	return candidates.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}
