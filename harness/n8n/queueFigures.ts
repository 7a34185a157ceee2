import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { repositoryFolder } from './packedPackage';

/** What `npm run test:queue` measures on the way, for docs/benchmarks.md. */

const wayFiguresSchema = z.object({
	way: z.string(),
	executions: z.number(),
	slots: z.number(),
	/** How long each task took. */
	taskSeconds: z.number(),
	/** From the start of the first execution to the end of the last. */
	totalSeconds: z.number(),
	/** How many were suspended while the workers held none. */
	waitingAtOnce: z.number(),
	statusRequests: z.number(),
	bills: z.number(),
	files: z.number(),
});

const figuresSchema = z.object({ measuredAtMs: z.number(), ways: z.array(wayFiguresSchema).nonempty() });

export type WayFigures = z.infer<typeof wayFiguresSchema>;
export type Figures = z.infer<typeof figuresSchema>;

const file = join(repositoryFolder, 'test/e2e/output/queue/figures.json');

export async function writeFigures(figures: Figures): Promise<void> {
	await mkdir(dirname(file), { recursive: true });
	await writeFile(file, JSON.stringify(figures, undefined, '\t'));
}

/** @throws Error if the tests have not written them */
export async function readFigures(): Promise<Figures> {
	return figuresSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}
