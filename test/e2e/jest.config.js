/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	rootDir: '../..',
	roots: ['<rootDir>/test/e2e'],
	// Queue mode and the oldest n8n have their own commands.
	testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/queue/', '<rootDir>/test/e2e/oldest/'],
	// n8n brings a thousand packages: none of them is a module of ours.
	modulePathIgnorePatterns: ['<rootDir>/test/e2e/output/'],
	haste: { retainAllFiles: false },
	globalSetup: '<rootDir>/test/e2e/support/globalSetup.ts',
	testTimeout: 180_000,
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
