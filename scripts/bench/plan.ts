import {
	contenders,
	pauseBetweenChecks,
	inThisNode,
	onCallback,
	stock10,
	stock65,
	type Contender,
} from './contenders';
import type { FirstPaidPlan } from './firstPaid';
import type { MemoryPlan } from './memory';

/** How much is measured. */
export interface Plan {
	/** Lengths of the jobs of the row "one video"; all at once, each once. */
	lagJobSeconds: number[];
	/** Videos in one execution, the fewest first. */
	itemCounts: number[];
	itemsJobSeconds: number;
	/** Who runs at the same time when there are many videos. */
	itemGroups: Contender[][];
	slots: { slots: number; executions: number; jobSeconds: number; contenders: Contender[] };
	faults: { ids: 'all' | string[]; jobSeconds: number };
	/** The job has to outlast the restart: a callback that comes while n8n is down is lost. */
	restart: { jobSeconds: number; afterSeconds: number };
	firstPaid: FirstPaidPlan;
	memory: MemoryPlan;
	/** Everything at once, which spoils the figures. */
	isHurried: boolean;
	videoMegabytes: number;
}

/** About 27 minutes. */
export const fullPlan: Plan = {
	lagJobSeconds: [31, 39, 47, 58, 73],
	itemCounts: [10, 100],
	itemsJobSeconds: 47,
	// Chosen so that the two contenders that check once a minute do not check at the same times.
	itemGroups: [[inThisNode], [stock10], [onCallback], [pauseBetweenChecks, stock65]],
	slots: { slots: 5, executions: 40, jobSeconds: 47, contenders },
	faults: { ids: 'all', jobSeconds: 5 },
	restart: { jobSeconds: 90, afterSeconds: 10 },
	firstPaid: { items: 100, assetsPerItem: 3, latencySeconds: 0.3 },
	memory: { rounds: 3, largeMegabytes: 200, mediumMegabytes: 50, files: 10 },
	isHurried: false,
	videoMegabytes: 5,
};

/** Shows in about four minutes that everything works; its figures mean nothing. */
export const quickPlan: Plan = {
	lagJobSeconds: [3, 6],
	itemCounts: [3],
	itemsJobSeconds: 4,
	itemGroups: [contenders],
	slots: { slots: 2, executions: 4, jobSeconds: 4, contenders: [inThisNode, pauseBetweenChecks] },
	faults: { ids: ['firstPollFails', 'firstCreateUnsure'], jobSeconds: 2 },
	restart: { jobSeconds: 45, afterSeconds: 3 },
	firstPaid: { items: 3, assetsPerItem: 3, latencySeconds: 0.1 },
	memory: { rounds: 1, largeMegabytes: 20, mediumMegabytes: 5, files: 3 },
	isHurried: true,
	videoMegabytes: 1,
};
