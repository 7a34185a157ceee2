const { dest, src } = require('gulp');

/** What tsc leaves behind: icons, copied into dist next to the compiled classes. */
function copyAssets() {
	// Gulp 5 decodes files as UTF-8 unless told otherwise, which would damage a binary icon.
	return src(['nodes/**/*.svg', 'credentials/**/*.svg'], {
		base: '.',
		encoding: false,
	}).pipe(dest('dist'));
}

exports.default = copyAssets;
