package activity

// Codes gives every Code, in the order of the API's table.
func Codes() []Code {
	return []Code{
		CodeInvalidRequestStructure, CodeRequestTooLarge, CodeInvalidParametersFormat, CodeMissingParameter,
		CodeInvalidItemID, CodeItemIDAlreadyExists, CodeItemNameAlreadyExists, CodeUnknownFolder,
		CodeInvalidOperation, CodePeriodsOverlap, CodeMissingAccessToken, CodeInvalidAccessToken,
		CodeInvalidCredentials, CodeUserInterventionRequired, CodeForbidden, CodeUnknownUser, CodeUnknownChannel,
		CodeUnknownEvent, CodeUnknownAttachment, CodeUnknownAccess, CodeUnknownBookmark, CodeUnknownMethod,
		CodeUnknownResource, CodeItemChanged, CodeCursorExpired, CodeMethodNotAllowed, CodeUserAccountRelocated,
		CodeTooManyRequests, CodeInternalError, CodeServiceUnavailable,
	}
}
