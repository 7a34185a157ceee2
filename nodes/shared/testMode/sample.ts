import { parseUrl } from '../parseUrl';
import { isTestModeUrl, testModeOrigin } from '../publicUrl';
import { samples } from './samples';

/** The files that Test Mode gives: short, small, and with TEST MODE written on them. */

export interface Sample {
	bytes: Buffer;
	mimeType: 'video/mp4' | 'image/png';
	extension: 'mp4' | 'png';
}

type Ratio = keyof typeof samples;

const usualRatio = '16:9';

const ratios = Object.keys(samples);

const isRatio = (text: string): text is Ratio => ratios.includes(text);

/** @returns a ratio of which there is a sample: the one that is asked for, or the usual one */
export const sampleRatio = (asked = ''): Ratio => (isRatio(asked) ? asked : usualRatio);

/** The addresses of what a task gives; only Test Mode itself knows what is there. */
export function sampleUrls(taskId: string, ratio: Ratio): { videoUrl: string; lastFrameUrl: string } {
	const address = `${testModeOrigin}/${taskId}/${ratio.replace(':', 'x')}`;
	return { videoUrl: `${address}.mp4`, lastFrameUrl: `${address}.png` };
}

/** @returns the file at an address of `sampleUrls`, undefined for any other address */
export function sampleAt(url: string): Sample | undefined {
	if (!isTestModeUrl(url)) return undefined;
	const [, width = '', height = '', extension] = /\/(\d+)x(\d+)\.(mp4|png)$/.exec(parseUrl(url)?.pathname ?? '') ?? [];
	const ratio = `${width}:${height}`;
	if (!isRatio(ratio)) return undefined;
	const { video, lastFrame } = samples[ratio];
	return extension === 'mp4'
		? { bytes: Buffer.from(video, 'base64'), mimeType: 'video/mp4', extension: 'mp4' }
		: { bytes: Buffer.from(lastFrame, 'base64'), mimeType: 'image/png', extension: 'png' };
}
