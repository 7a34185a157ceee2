import {
	askedTogether,
	contenders,
	contendersOfMany,
	pauseBetweenChecks,
	inThisNode,
	onCallback,
	stock10,
	stock65,
	type Contender,
} from './contenders';
import type { FilmPlan } from './film';
import type { FirstPaidPlan } from './firstPaid';
import type { MemoryPlan } from './memory';
import type { Distance } from './trial';

/** How much is measured. */
export interface Plan {
	/** Lengths of the jobs of the row "one video"; all at once, each once. */
	lagJobSeconds: number[];
	/** Videos in one execution, the fewest first. */
	itemCounts: number[];
	itemsJobSeconds: number;
	/** Who runs at the same time with the largest number of videos. */
	itemGroups: Contender[][];
	slots: { slots: number; executions: number; jobSeconds: number; contenders: Contender[] };
	/** What is measured once more, with providers that are as far away as real ones are. */
	far: { distance: Distance; slotsContenders: Contender[] };
	faults: { ids: 'all' | string[]; jobSeconds: number };
	/** The job has to outlast the restart: a callback that comes while n8n is down is lost. */
	restart: { jobSeconds: number; afterSeconds: number };
	firstPaid: FirstPaidPlan;
	memory: MemoryPlan;
	film: FilmPlan;
	/** Everything at once, which spoils the figures. */
	isHurried: boolean;
	videoMegabytes: number;
}

/** @returns the numbers of items that are measured all together, and the largest, which is measured group by group */
export const splitItemCounts = (itemCounts: readonly number[]): [few: number[], most: number] => [
	itemCounts.slice(0, -1),
	itemCounts.at(-1) ?? 1,
];

/** About 36 minutes. */
export const fullPlan: Plan = {
	lagJobSeconds: [31, 39, 47, 58, 73],
	itemCounts: [10, 100],
	itemsJobSeconds: 47,
	// Chosen so that the two contenders that check once a minute do not check at the same times.
	itemGroups: [[inThisNode], [askedTogether], [stock10], [onCallback], [pauseBetweenChecks, stock65]],
	slots: { slots: 5, executions: 40, jobSeconds: 47, contenders },
	// Of the others each takes as long as all executions one after the other.
	far: { distance: { latencySeconds: 0.3, latencyJitterSeconds: 0.05 }, slotsContenders: [onCallback, pauseBetweenChecks, stock65] },
	faults: { ids: 'all', jobSeconds: 5 },
	restart: { jobSeconds: 90, afterSeconds: 10 },
	firstPaid: { items: 100, assetsPerItem: 3, latencySeconds: 0.3 },
	memory: { rounds: 3, largeMegabytes: 200, mediumMegabytes: 50, files: 10 },
	film: { shots: 10, megabytes: 50, rounds: 3 },
	isHurried: false,
	videoMegabytes: 5,
};

/** Shows in about four minutes that everything works; its figures mean nothing. */
export const quickPlan: Plan = {
	lagJobSeconds: [3, 6],
	itemCounts: [3],
	itemsJobSeconds: 4,
	itemGroups: [contendersOfMany],
	slots: { slots: 2, executions: 4, jobSeconds: 4, contenders: [inThisNode, pauseBetweenChecks] },
	far: { distance: { latencySeconds: 0.1, latencyJitterSeconds: 0.02 }, slotsContenders: [onCallback] },
	faults: { ids: ['firstPollFails', 'firstCreateUnsure'], jobSeconds: 2 },
	restart: { jobSeconds: 45, afterSeconds: 3 },
	firstPaid: { items: 3, assetsPerItem: 3, latencySeconds: 0.1 },
	memory: { rounds: 1, largeMegabytes: 20, mediumMegabytes: 5, files: 3 },
	film: { shots: 3, megabytes: 2, rounds: 1 },
	isHurried: true,
	videoMegabytes: 1,
};
