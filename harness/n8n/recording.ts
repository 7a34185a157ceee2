import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { runFfmpeg } from '../media/ffmpeg';

/** More frames than this show nothing more and keep the processor from what is recorded. */
const minFrameIntervalMs = 100;
const framesPerSecond = 12;
const overlayFile = join(__dirname, 'recordingOverlay.js');

interface Frame {
	file: string;
	atMs: number;
}

export interface RecordedVideo {
	/** After the still moments were cut, before the speed was changed. */
	takenSeconds: number;
	seconds: number;
}

interface Limits {
	/** A picture that stands still for longer is cut to this, e.g. while a slow computer is busy. */
	maxStillMs: number;
	/** A longer video plays faster. */
	maxSeconds: number;
}

/** One take of all that a page shows, with captions over it. */
export class Recording {
	private readonly frames: Frame[] = [];
	private readonly writes: Array<Promise<void>> = [];

	private constructor(
		private readonly page: Page,
		private readonly session: CDPSession,
		private readonly folder: string,
	) {}

	/** @param folder gets the frames; what is in it is removed */
	static async start(page: Page, folder: string): Promise<Recording> {
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { recursive: true });
		await page.addInitScript({ path: overlayFile });
		await page.reload();
		const session = await page.context().newCDPSession(page);
		const recording = new Recording(page, session, folder);
		session.on('Page.screencastFrame', ({ data, sessionId }) => {
			recording.add(Buffer.from(data, 'base64'));
			// The browser sends the next frame only after this. It may be gone by then.
			void delay(minFrameIntervalMs)
				.then(async () => await session.send('Page.screencastFrameAck', { sessionId }))
				.catch(() => {});
		});
		await session.send('Page.startScreencast', { format: 'jpeg', quality: 85 });
		return recording;
	}

	/** Shows what is seen, in words, until the next caption; gives the time to read it. */
	async caption(text: string): Promise<void> {
		await this.page.evaluate((caption) => {
			sessionStorage.setItem('recording-caption', caption);
			window.dispatchEvent(new Event('recording-caption'));
		}, text);
		await this.pause(1_500);
	}

	/** Lets the picture stand, to be read. */
	async pause(durationMs: number): Promise<void> {
		await delay(durationMs);
	}

	/** Ends the recording and writes it as an MP4. */
	async save(file: string, { maxStillMs, maxSeconds }: Limits): Promise<RecordedVideo> {
		const endMs = Date.now();
		await this.session.send('Page.stopScreencast');
		await Promise.all(this.writes);
		const shown = this.frames.map(({ file: frame, atMs }, index) => {
			const untilMs = this.frames[index + 1]?.atMs ?? endMs;
			return { frame, seconds: Math.min(untilMs - atMs, maxStillMs) / 1000 };
		});
		const [last] = shown.slice(-1);
		if (!last) throw new Error('The browser sent no frame');
		const takenSeconds = shown.reduce((sum, { seconds }) => sum + seconds, 0);
		const speed = Math.max(1, takenSeconds / maxSeconds);
		const list = join(this.folder, 'frames.txt');
		const lines = shown.flatMap(({ frame, seconds }) => [`file '${frame}'`, `duration ${(seconds / speed).toFixed(4)}`]);
		// ffmpeg heeds the last duration only when a frame follows it.
		await writeFile(list, ['ffconcat version 1.0', ...lines, `file '${last.frame}'`].join('\n'));
		await runFfmpeg(
			...['-f', 'concat', '-i', list, '-vf', `fps=${framesPerSecond},scale=trunc(iw/2)*2:-2,format=yuv420p`],
			...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '24', '-movflags', '+faststart', file],
		);
		return { takenSeconds, seconds: takenSeconds / speed };
	}

	private add(jpeg: Buffer): void {
		const file = `${String(this.frames.length).padStart(5, '0')}.jpg`;
		this.frames.push({ file, atMs: Date.now() });
		this.writes.push(writeFile(join(this.folder, file), jpeg));
	}
}
