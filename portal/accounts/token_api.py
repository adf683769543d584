"""`/api/v1/tokens/`: a person's own tokens. A token cannot make tokens: only a session can."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts import tokens
from portal.accounts.api_auth import PartnerPrincipal
from portal.accounts.models import PersonalToken, User
from referrals.errors import NotFound

PAGE = 100


class TokenSerializer(serializers.ModelSerializer[PersonalToken]):
    class Meta:
        model = PersonalToken
        fields = ["id", "name", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class TokenCreatedSerializer(TokenSerializer):
    secret = serializers.CharField(help_text="Shown in this answer and never again.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    expires_in_days = serializers.IntegerField(min_value=1, max_value=365, default=90)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(dict.fromkeys(unknown, "Unknown field."))
        return attrs


class TokenListSerializer(serializers.Serializer[Any]):
    results = TokenSerializer(many=True)


class IsPerson(BasePermission):
    """Partners have no personal tokens."""

    message = "Tokens belong to people."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated) and not isinstance(
            request.user, PartnerPrincipal
        )


class IsPersonInSession(IsPerson):
    """A stolen token must not be able to renew itself."""

    message = "Sign in to make or end tokens; a token cannot."

    def has_permission(self, request: Request, view: APIView) -> bool:
        reads = request.method in {"GET", "HEAD", "OPTIONS"}
        return super().has_permission(request, view) and (reads or request.auth is None)


def _person(request: Request) -> User:
    """Who calls; IsPerson let only people through."""
    if not isinstance(request.user, User):
        raise TypeError("a person is needed here")
    return request.user


class TokensView(APIView):
    permission_classes = [IsPersonInSession]

    @extend_schema(operation_id="tokens_list", responses=TokenListSerializer)
    def get(self, request: Request) -> Response:
        """My tokens, newest first; never a secret."""
        mine = _person(request).personal_tokens.order_by("-created_at")
        return Response({"results": TokenSerializer(mine[:PAGE], many=True).data})

    @extend_schema(
        operation_id="tokens_create",
        request=NewTokenSerializer,
        responses={201: TokenCreatedSerializer},
    )
    def post(self, request: Request) -> Response:
        """A new token of mine; its secret is in this answer and nowhere else."""
        wanted = NewTokenSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        token, secret = tokens.make(
            user=_person(request),
            name=wanted.validated_data["name"],
            days=wanted.validated_data["expires_in_days"],
        )
        body = {**TokenSerializer(token).data, "secret": secret}
        where = request.build_absolute_uri(f"{request.path}{token.pk}/")
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": where})


class TokenView(APIView):
    permission_classes = [IsPersonInSession]

    @extend_schema(operation_id="tokens_retrieve", responses=TokenSerializer)
    def get(self, request: Request, token_id: Any) -> Response:
        """One of my tokens."""
        return Response(TokenSerializer(self._mine(request, token_id)).data)

    @extend_schema(operation_id="tokens_delete", responses={204: None})
    def delete(self, request: Request, token_id: Any) -> Response:
        """End one of my tokens, from the next request on."""
        tokens.end(self._mine(request, token_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _mine(self, request: Request, token_id: Any) -> PersonalToken:
        token = _person(request).personal_tokens.filter(pk=token_id).first()
        if token is None:
            raise NotFound()
        return token


# For the API's own list, under api/v1/.
urlpatterns: list[URLPattern] = [
    path("tokens/", TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/", TokenView.as_view(), name="token"),
]
