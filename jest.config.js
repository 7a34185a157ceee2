/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	// Videos are really rendered; a busy machine takes its time.
	testTimeout: 60_000,
	// Jest would leave one core idle, which is half of a machine with two.
	maxWorkers: '100%',
	testSequencer: '<rootDir>/test/support/longestFirst.js',
	roots: ['<rootDir>/test'],
	testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/', '<rootDir>/test/scripts/bench/'],
	// What the end-to-end tests leave there has package files of its own.
	modulePathIgnorePatterns: ['<rootDir>/test/e2e/'],
	transform: {
		'^.+\\.ts$': [
			'@swc/jest',
			{
				jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
				module: { type: 'commonjs' },
			},
		],
	},
};
