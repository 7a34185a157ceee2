/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	rootDir: '../..',
	roots: ['<rootDir>/test/e2e'],
	// Queue mode and the oldest n8n have their own commands.
	testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/queue/', '<rootDir>/test/e2e/oldest/'],
	// What the tests leave there has package files of its own.
	modulePathIgnorePatterns: ['<rootDir>/test/e2e/output/'],
	// One for the tests and the harness: it sends no form of another.
	moduleNameMapper: { '^undici$': '<rootDir>/node_modules/undici' },
	globalSetup: '<rootDir>/test/e2e/support/globalSetup.ts',
	testTimeout: 180_000,
	// Each file has an n8n and a simulator of its own, and waits for much of its time. The other commands have --runInBand.
	maxWorkers: 2,
	testSequencer: '<rootDir>/test/support/longestFirst.js',
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
