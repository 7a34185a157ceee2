import type { PixelSize } from '../providers/adapter';

/** Of every video that Seedance makes. */
const framesPerSecond = 24;

/**
 * The tokens of a video: `width × height × (24 × seconds + 1) / 1024`. Exact for the sample answer of the AnyFast page
 * "Query Task": 108,900 for 5 s of 1280 × 720.
 * @param sizes those that the video may have; the largest one counts
 */
export function countTokens(sizes: readonly PixelSize[], seconds: number): number {
	const pixels = Math.max(...sizes.map(({ width, height }) => width * height));
	return Math.ceil((pixels * (framesPerSecond * seconds + 1)) / 1024);
}
