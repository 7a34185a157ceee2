import { nearestRatio, pixelSize } from '../../simulator/pixels';

describe('pixel sizes', () => {
	it.each([
		['480p', '16:9', 864, 496],
		['480p', '1:1', 640, 640],
		['720p', '16:9', 1280, 720],
		['720p', '4:3', 1112, 834],
		['720p', '21:9', 1470, 630],
		['1080p', '9:16', 1080, 1920],
		['1080p', '21:9', 2208, 944],
	] as const)('of %s %s are the documented ones', (resolution, ratio, width, height) => {
		expect(pixelSize(resolution, ratio)).toEqual({ width, height });
	});

	it.each(['16:9', '21:9'] as const)('of 4k %s are twice those of 1080p', (ratio) => {
		const { width, height } = pixelSize('1080p', ratio);
		expect(pixelSize('4k', ratio)).toEqual({ width: 2 * width, height: 2 * height });
	});

	it.each([
		[1920, 1080, '16:9'],
		[1000, 1010, '1:1'],
		[600, 800, '3:4'],
		[300, 750, '9:16'],
		[2500, 1000, '21:9'],
	])('of a picture of %sx%s follow the nearest ratio, %s', (width, height, ratio) => {
		expect(nearestRatio({ width, height })).toBe(ratio);
	});
});
