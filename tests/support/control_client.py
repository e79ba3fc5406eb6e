"""A client of the control API with a token, and what its refusals say. Import after bridge_world.make_stubs()."""

import collections

import grpc
from proto.bridge.v1 import (bulk_pb2_grpc, controller_pb2_grpc, credential_pb2_grpc, device_pb2_grpc, error_pb2, freeze_pb2_grpc,
                             operation_pb2_grpc, parameter_pb2_grpc, watch_pb2_grpc)
from proto.google.rpc import error_details_pb2, status_pb2

_DETAILS = (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest, error_details_pb2.ResourceInfo,
            error_pb2.DeviceError)


class _Bearer(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Says who calls. gRPC's own call credentials go over TLS only."""

    def __init__(self, token):
        self._header = ("authorization", "Bearer " + token)

    def _with_token(self, details):
        return details._replace(metadata=[*(details.metadata or []), self._header])

    def intercept_unary_unary(self, continuation, client_call_details, request):
        return continuation(self._with_token(client_call_details), request)

    def intercept_unary_stream(self, continuation, client_call_details, request):
        return continuation(self._with_token(client_call_details), request)


class Control:
    """One channel and the stubs of all services on it."""

    def __init__(self, address, token=None, credentials=None, options=()):
        options = [("grpc.max_reconnect_backoff_ms", 200), *options]
        plain = grpc.secure_channel(address, credentials, options) if credentials else grpc.insecure_channel(address, options)
        self.channel = plain
        channel = grpc.intercept_channel(plain, _Bearer(token)) if token else plain
        self.bulks = bulk_pb2_grpc.BulkServiceStub(channel)
        self.controllers = controller_pb2_grpc.ControllerServiceStub(channel)
        self.credentials = credential_pb2_grpc.CredentialServiceStub(channel)
        self.devices = device_pb2_grpc.DeviceServiceStub(channel)
        self.freezes = freeze_pb2_grpc.FreezeServiceStub(channel)
        self.operations = operation_pb2_grpc.OperationServiceStub(channel)
        self.parameters = parameter_pb2_grpc.ParameterServiceStub(channel)
        self.watches = watch_pb2_grpc.WatchServiceStub(channel)

    def close(self):
        self.channel.close()


Refusal = collections.namedtuple("Refusal", "code reason text details")


def refusal_in(error):
    """What a grpc.RpcError says; details by the name of their message."""
    details = {}
    whole = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            whole.ParseFromString(value)
    for packed in whole.details:
        for kind in _DETAILS:
            if packed.Is(kind.DESCRIPTOR):
                details[kind.DESCRIPTOR.name] = kind.FromString(packed.value)
    reason = details["ErrorInfo"].reason if "ErrorInfo" in details else None
    return Refusal(error.code(), reason, error.details(), details)


def refused(call, *arguments, **options):
    """Of a call that must fail; a stream is read to its end."""
    try:
        answer = call(*arguments, **options)
        if hasattr(answer, "__next__"):
            for _ in answer:
                pass
    except grpc.RpcError as error:
        return refusal_in(error)
    raise AssertionError(f"it was answered: {answer}")
