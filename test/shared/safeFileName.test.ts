import { safeFileName } from '../../nodes/shared/media/safeFileName';

describe('The name of a file', () => {
	it.each([
		// Task IDs of the providers are unchanged.
		['cgt-20260427160000-abcde', 'cgt-20260427160000-abcde'],
		['6f9619ff-8b86-d011-b42d-00cf4fc964ff', '6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
		['task_abc.v2', 'task_abc.v2'],
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
		// Characters with a meaning for a shell, a header or a file system.
		['a b\tc\nd\0e', 'a_b_c_d_e'],
		['<>:"|?*', '_'],
		['name"; filename="other', 'name_filename_other'],
		['视频', '_'],
		['caf\u00e9', 'caf_'],
		['cod\u202e4pm', 'cod_4pm'],
		['', 'task_'],
		// Reserved names of Windows, with any extension.
		['CON', 'task_CON'],
		['nul', 'task_nul'],
		['aux.old', 'task_aux.old'],
		['com1', 'task_com1'],
		['LPT9.x', 'task_LPT9.x'],
		['.prn', 'task_prn'],
		['console', 'console'],
		['com10', 'com10'],
	])('of %j is %j', (taskId, name) => expect(safeFileName(taskId)).toBe(name));

	it('has a bounded length', () => {
		expect(safeFileName('x'.repeat(5000))).toBe('x'.repeat(100));
		expect(safeFileName(`${'/'.repeat(5000)}x`)).toBe('_x');
	});
});
