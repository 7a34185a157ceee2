import type { Results } from './measure';
import { mean } from './waits';

/** The figures as bars: an SVG that is readable in light and in dark. */

interface Panel {
	title: string;
	bars: Bar[];
}

interface Bar {
	label: string;
	value: number;
	/** What is written beside the bar. */
	text: string;
	isOurs: boolean;
}

const width = 800;
const margin = 24;
const labelWidth = 264;
const textWidth = 170;
const rowHeight = 22;
const barHeight = 13;
const titleHeight = 34;
const panelGap = 18;

const style = `
	.paper { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
	.title { font-weight: 600; font-size: 14px } .ours { fill: #6d4aff } .stock { fill: #9aa4ae } .axis { stroke: #8b949e }
	@media (prefers-color-scheme: dark) {
		.paper { fill: #0d1117 } text { fill: #e6edf3 } .ours { fill: #a48bff } .stock { fill: #6e7681 }
	}`;

export function drawResults(results: Results): string {
	return draw(panelsOf(results));
}

function panelsOf({ plan, lags, items, slots, faults }: Results): Panel[] {
	const maxItems = Math.max(...items.map((row) => row.items));
	const { slots: limit, executions } = plan.slots;
	const ways = faults[0]?.contenders ?? [];
	return [
		{
			title: `One video: seconds from the end of the job to the end of the execution (mean of ${plan.lagJobSeconds.length} lengths)`,
			bars: lags.map(({ contender: { name, isOurs }, lagsMs, statusRequests }) => {
				const lagMs = mean(lagsMs);
				const text = `${inSeconds(lagMs)}, ${mean(statusRequests).toFixed(1)} requests`;
				return { label: name, value: lagMs / 1000 || 0, text, isOurs };
			}),
		},
		{
			title: `${maxItems} videos of ${plan.itemsJobSeconds} s in one execution: seconds in all`,
			bars: items
				.filter((row) => row.items === maxItems)
				.map(({ contender: { name, isOurs }, totalMs, statusRequests }) => ({
					label: name,
					value: (totalMs ?? 0) / 1000,
					text: `${inSeconds(totalMs)}, ${statusRequests} requests`,
					isOurs,
				})),
		},
		{
			title: `${executions} executions with ${limit} slots, jobs of ${plan.slots.jobSeconds} s: seconds in all`,
			bars: slots.map(({ contender: { name, isOurs }, totalMs }) => ({
				label: name,
				value: (totalMs ?? 0) / 1000,
				text: inSeconds(totalMs),
				isOurs,
			})),
		},
		{
			title: `Retry On Fail: paid too often, over ${faults.length} faults`,
			bars: ways.map(({ name, isOurs }, index) => {
				const value = faults.reduce((sum, { items: wanted, contenders }) => {
					return sum + Math.max(0, (contenders[index]?.bills ?? 0) - wanted);
				}, 0);
				return { label: name, value, text: `${value} bills`, isOurs };
			}),
		},
	];
}

function draw(panels: Panel[]): string {
	let y = margin;
	const parts = panels.map((panel) => {
		const top = y;
		y += titleHeight + panel.bars.length * rowHeight + panelGap;
		return drawPanel(panel, top);
	});
	const height = y - panelGap + margin / 2;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
		`<title>${escape(panels.map(({ title }) => title).join('; '))}</title>`,
		`<style>${style}</style>`,
		`<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
		...parts,
		'</svg>',
		'',
	].join('\n');
}

function drawPanel({ title, bars }: Panel, top: number): string {
	const left = margin + labelWidth;
	const maxValue = Math.max(...bars.map(({ value }) => value), Number.EPSILON);
	const unit = (width - left - textWidth - margin) / maxValue;
	const rows = bars.map(({ label, value, text, isOurs }, index) => {
		const y = top + titleHeight + index * rowHeight;
		const length = Math.max(0, value * unit);
		return [
			`<text x="${left - 8}" y="${y + 11}" text-anchor="end">${escape(label)}</text>`,
			`<rect class="${isOurs ? 'ours' : 'stock'}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}"/>`,
			`<text x="${(left + length + 6).toFixed(1)}" y="${y + 11}">${escape(text)}</text>`,
		].join('');
	});
	const bottom = top + titleHeight + bars.length * rowHeight - 6;
	return [
		`<text class="title" x="${margin}" y="${top + 14}">${escape(title)}</text>`,
		`<line class="axis" x1="${left}" y1="${top + titleHeight - 4}" x2="${left}" y2="${bottom}"/>`,
		...rows,
	].join('\n');
}

const inSeconds = (ms = NaN) => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'no end');
const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
