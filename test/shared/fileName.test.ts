import { nameFromPrompt, safeFileName, withoutMediaExtension } from '../../nodes/shared/media/fileName';

const bytesOf = (name: string) => Buffer.byteLength(name);

describe('The name of a file', () => {
	it.each([
		// Task IDs of the providers are unchanged.
		['cgt-20260427160000-abcde', 'cgt-20260427160000-abcde'],
		['6f9619ff-8b86-d011-b42d-00cf4fc964ff', '6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
		['task_abc.v2', 'task_abc.v2'],
		// Titles stay readable, in every script.
		['My cat, the pianist (part 2)', 'My cat, the pianist (part 2)'],
		['视频', '视频'],
		['cafe\u0301 🎹', 'caf\u00e9 🎹'],
		['a b\tc\nd', 'a b c d'],
		// Folders.
		['../../etc/passwd', '_.._etc_passwd'],
		['..\\..\\windows', '_.._windows'],
		['/absolute', '_absolute'],
		['C:\\video', 'C_video'],
		['video.mp4:stream', 'video.mp4_stream'],
		['..', 'task_'],
		['.', 'task_'],
		['.hidden', 'hidden'],
		['-rf', 'rf'],
		// Characters with a meaning for a header or a file system.
		['d\0e', 'd_e'],
		['<>:"|?*', '_'],
		['name"; filename="other', 'name_; filename=_other'],
		['cod\u202e4pm', 'cod_4pm'],
		['half \ud83c', 'half _'],
		// Windows drops what is at the end.
		['The end...', 'The end'],
		['The end . ', 'The end'],
		['', 'task_'],
		['   ', 'task_'],
		// Reserved names of Windows, with any extension.
		['CON', 'task_CON'],
		['nul', 'task_nul'],
		['aux.old', 'task_aux.old'],
		['com1', 'task_com1'],
		['LPT9.x', 'task_LPT9.x'],
		['.prn', 'task_prn'],
		['console', 'console'],
		['com10', 'com10'],
	])('of %j is %j', (text, name) => expect(safeFileName(text)).toBe(name));

	it('has a bounded length in bytes, and no half characters', () => {
		expect(safeFileName('x'.repeat(5000))).toBe('x'.repeat(150));
		expect(safeFileName('视'.repeat(5000))).toBe('视'.repeat(50));
		expect(safeFileName('🎹'.repeat(5000))).toBe('🎹'.repeat(37));
		expect(safeFileName(`${'/'.repeat(1999)}x`)).toBe('_x');
	});
});

describe('The name of a video whose user has given none', () => {
	const taskId = 'asyntask_2soqbqoax2rclmneqc7xif9p';

	it.each([
		['A cat plays the piano', 'a-cat-plays-the-piano-7xif9p'],
		["@image1's cat:\n plays, don't stop!", 'image1s-cat-plays-dont-stop-7xif9p'],
		['猫が弾く。ピアノ', '猫が弾く-ピアノ-7xif9p'],
		['Ein Bär spielt', 'ein-bär-spielt-7xif9p'],
		['../../etc/passwd', 'etc-passwd-7xif9p'],
		['CON', 'con-7xif9p'],
		['', taskId],
		['🎹 !', taskId],
		[undefined, taskId],
	])('comes from the prompt %j', (prompt, name) => expect(nameFromPrompt(prompt, taskId)).toBe(name));

	it('differs for two videos with the same prompt', () => {
		const names = ['task-1', 'task-2'].map((id) => nameFromPrompt('A cat plays the piano', id));
		expect(new Set(names).size).toBe(2);
	});

	it('ends after a whole word', () => {
		const name = nameFromPrompt('A grey cat plays a very slow waltz on the grand piano of an old theatre', taskId);
		expect(name).toBe('a-grey-cat-plays-a-very-slow-waltz-on-the-grand-piano-of-an-7xif9p');
		for (const prompt of ['x'.repeat(5000), '猫'.repeat(5000)]) {
			expect(bytesOf(nameFromPrompt(prompt, taskId))).toBeLessThanOrEqual(67);
		}
	});
});

describe('A file name that the user gives', () => {
	it.each([
		['clip.mp4', 'clip'],
		['clip.MOV', 'clip'],
		[' still.png ', 'still'],
		['clip v1.2', 'clip v1.2'],
		['Mr. Smith', 'Mr. Smith'],
		['#1 Why?.mp4', '#1 Why?'],
		['clip', 'clip'],
	])('may have an extension, which follows from the file: %j', (given, name) =>
		expect(withoutMediaExtension(given)).toBe(name),
	);
});
