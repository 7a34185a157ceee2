import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runFfmpeg } from '../../harness/media/ffmpeg';
import { joinShots, type MediaSource } from '../../nodes/SeedanceFilm/film';

export interface FilmPlan {
	/** Of one film. */
	shots: number;
	/** Of each shot. */
	megabytes: number;
	rounds: number;
}

/** How long it takes to make one file of several shots. */
export interface FilmRow {
	name: string;
	isOurs: boolean;
	/** Of each round. */
	tookMs: number[];
	fileBytes: number;
}

interface Joiner {
	name: string;
	isOurs: boolean;
	join(shots: readonly string[], file: string): Promise<void>;
}

/** What the disk allows: the files one after the other, which no player could play. */
export const copying = 'Copying the files';

const joiners: readonly Joiner[] = [
	{ name: 'Seedance Film, Join Shots', isOurs: true, join: joinByPackets },
	{ name: "FFmpeg's concat demuxer, index at the front", isOurs: false, join: joinByFfmpeg },
	{ name: copying, isOurs: false, join: copyAll },
];

/** In this process, without n8n, which stores the file of each in the same way. They alternate. */
export async function measureFilm(folder: string, shot: string, { shots, rounds }: FilmPlan): Promise<FilmRow[]> {
	const rows: FilmRow[] = joiners.map(({ name, isOurs }) => ({ name, isOurs, tookMs: [], fileBytes: 0 }));
	const file = join(folder, 'film.mp4');
	for (let round = 0; round < rounds; round++) {
		for (const [index, joiner] of joiners.entries()) {
			const startedAtMs = performance.now();
			await joiner.join(new Array<string>(shots).fill(shot), file);
			rows[index]?.tookMs.push(performance.now() - startedAtMs);
			const { size } = await stat(file);
			Object.assign(rows[index] ?? {}, { fileBytes: size });
			await rm(file);
		}
	}
	return rows;
}

async function joinByPackets(shots: readonly string[], file: string): Promise<void> {
	const sources = await Promise.all(shots.map(sourceOf));
	const film = await joinShots(sources, { missingSound: 'silence', differences: 'refuse' });
	await pipeline(film.content, createWriteStream(file));
}

async function sourceOf(path: string): Promise<MediaSource> {
	const { size } = await stat(path);
	return {
		fileName: path,
		sizeBytes: size,
		async *open() {
			for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
		},
	};
}

async function joinByFfmpeg(shots: readonly string[], file: string): Promise<void> {
	const list = `${file}.txt`;
	await writeFile(list, shots.map((shot) => `file '${shot}'\n`).join(''));
	await runFfmpeg('-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', '-movflags', 'faststart', file);
	await rm(list);
}

async function copyAll(shots: readonly string[], file: string): Promise<void> {
	await rm(file, { force: true });
	for (const shot of shots) await pipeline(createReadStream(shot), createWriteStream(file, { flags: 'a' }));
}
