// The hook of ERC-8183, as it stands there, with EIP-165.
function beforeAction(uint256 jobId, bytes4 selector, bytes calldata data) external;
function afterAction(uint256 jobId, bytes4 selector, bytes calldata data) external;
function supportsInterface(bytes4 interfaceID) external view returns (bool);
