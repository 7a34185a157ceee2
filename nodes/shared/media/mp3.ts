/** MP3: ISO/IEC 11172-3 and 13818-3, layer III, and the tags before it. */

export interface Mp3Frame {
	sizeBytes: number;
	samples: number;
	sampleRateHertz: number;
	channels: number;
	/** MPEG 1; the others have half of its sample rates or less. */
	isMpeg1: boolean;
}

const kilobitsPerSecond = {
	mpeg1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
	mpeg2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const samplesPerSecond = [44100, 48000, 32000];

/** @returns undefined if no frame of layer III begins here */
export function readMp3Frame(head: Buffer): Mp3Frame | undefined {
	const [sync = 0, kind = 0, rates = 0, mode = 0] = head;
	const version = (kind >> 3) & 3;
	const isLayer3 = ((kind >> 1) & 3) === 1;
	if (sync !== 0xff || kind < 0xe0 || version === 1 || !isLayer3) return undefined;
	const isMpeg1 = version === 3;
	const bitRate = kilobitsPerSecond[isMpeg1 ? 'mpeg1' : 'mpeg2'][(rates >> 4) - 1];
	const baseRate = samplesPerSecond[(rates >> 2) & 3];
	if (bitRate === undefined || baseRate === undefined) return undefined;
	// MPEG 2 halves the sample rates of MPEG 1, MPEG 2.5 halves them again.
	const sampleRateHertz = baseRate / (isMpeg1 ? 1 : version === 2 ? 2 : 4);
	const samples = isMpeg1 ? 1152 : 576;
	const padding = (rates >> 1) & 1;
	return {
		sizeBytes: Math.floor(((samples / 8) * bitRate * 1000) / sampleRateHertz) + padding,
		samples,
		sampleRateHertz,
		channels: mode >> 6 === 3 ? 1 : 2,
		isMpeg1,
	};
}

/** What reads a file forwards. */
interface ForwardReader {
	readonly position: number;
	peek(count: number): Promise<Buffer>;
	skipTo(position: number): Promise<void>;
}

/** Files have one or two; a file of nothing else would take long. */
const maxTags = 100;

/** ID3v2: the size has 7 bits in each of four bytes and leaves out the header. */
export async function skipTags(reader: ForwardReader): Promise<void> {
	for (let count = 0; count < maxTags; count++) {
		const head = await reader.peek(10);
		if (head.toString('latin1', 0, 3) !== 'ID3' || head.length < 10) return;
		const sizeBytes = head.subarray(6).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
		await reader.skipTo(reader.position + 10 + sizeBytes);
	}
}
