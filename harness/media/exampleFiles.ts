import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runFfmpeg } from './ffmpeg';

/**
 * Makes the files that a user would bring: a picture of mountains at sunset, a clip whose camera pans
 * over them by night, and a few seconds of music.
 * @returns their names
 */
export async function makeMedia(folder: string): Promise<string[]> {
	await mkdir(folder, { recursive: true });
	const make = async (name: string, ...args: string[]) => {
		await runFfmpeg(...args, path.join(folder, name));
		return name;
	};
	const picture = await make(
		'picture.png',
		...[
			'-f',
			'lavfi',
			'-i',
			`color=s=1600x720:d=1,format=gbrp,geq=${sunset()}`,
			'-frames:v',
			'1',
		],
	);
	const clip = await make(
		'clip.mp4',
		...['-loop', '1', '-framerate', '24', '-t', '4', '-i', path.join(folder, picture)],
		...['-vf', `crop=1280:720:'(iw-ow)*t/4':0,${moonlight},format=yuv420p`],
		...['-c:v', 'libx264', '-preset', 'veryfast'],
	);
	const sound = await make('sound.mp3', '-f', 'lavfi', '-i', `aevalsrc='${music()}':s=44100:d=6`);
	return [picture, clip, sound];
}

const moonlight = 'colorchannelmixer=rr=0.3:rg=0.4:gg=0.65:gb=0.15:bb=0.8:bg=0.25';

/** Sky, sun and three ridges, one formula for each colour of ffmpeg's geq filter. */
function sunset(): string {
	const [u, v] = ['(X/W)', '(Y/H)'];
	const ridges = [
		`0.56+0.05*sin(${u}*7+1)+0.02*sin(${u}*19)+0.006*sin(${u}*71)`,
		`0.70+0.06*sin(${u}*5+3)+0.02*sin(${u}*27+1)+0.007*sin(${u}*83)`,
		`0.86+0.05*sin(${u}*8+5)+0.012*sin(${u}*37)`,
	];
	const sunDistance = `hypot((X-0.62*W)/H,${v}-0.44)`;
	const colour = (top: number, horizon: number, glow: number, ridgeColours: number[]) => {
		const sky = `${top}+${horizon - top}*min(1,${v}/0.6)+${glow}*exp(-5*${sunDistance})`;
		const sun = `if(lt(${sunDistance},0.085),${235 + glow / 6},${sky})`;
		return ridges.reduce((behind, ridge, index) => {
			return `if(gt(${v},${ridge}),${ridgeColours[index] ?? 0},${behind})`;
		}, sun);
	};
	const planes = {
		r: colour(46, 250, 120, [168, 94, 34]),
		g: colour(32, 148, 90, [88, 46, 20]),
		b: colour(92, 108, 20, [118, 88, 46]),
	};
	return Object.entries(planes)
		.map(([plane, formula]) => `${plane}='clip(${formula},0,255)'`)
		.join(':');
}

/** Plucked notes over a low one. */
function music(): string {
	const notes = [261.63, 392, 523.25, 659.25, 523.25, 392, 293.66, 440];
	const noteSeconds = 0.375;
	const pluck = notes.map((frequency, index) => {
		const sinceStart = `mod(t-${index * noteSeconds}+${notes.length * noteSeconds},${notes.length * noteSeconds})`;
		return `0.22*sin(2*PI*${frequency}*t)*exp(-3.5*${sinceStart})`;
	});
	return [...pluck, '0.08*sin(2*PI*130.81*t)'].join('+');
}
